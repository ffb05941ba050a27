-- name: held
-- What a contract ($1) was told of these items ($2), first and again: as a whole (no item), by item (no hash), and by
-- item, the form that the contract had then, and the order (随時移転) by which it was extracted. Lines are looked into
-- only where the contract ever had an order.
WITH extracted AS MATERIALIZED (
    SELECT DISTINCT t.disclosure, (said ->> 'transfer')::uuid AS transfer
    FROM hub.told t JOIN hub.ledger l ON l.change = t.change AND l.partition = t.partition
    CROSS JOIN LATERAL jsonb_array_elements(convert_from(l.line, 'UTF8')::jsonb -> 'told') AS said
    WHERE t.contract = $1 AND EXISTS (SELECT FROM hub.transfers o WHERE o.contract = $1)
        AND position('"transfer"'::bytea IN l.line) > 0 AND said ->> 'contract' = $1 AND said ? 'transfer'
)
SELECT one.item, one.contract_hash, extracted.transfer, count(DISTINCT one.subject) AS residents, min(one.told_at) AS first,
    max(one.told_at) AS last, max(one.decided_on) AS decided_on
FROM (
    SELECT item, t.contract_hash, t.disclosure, l.subject, l.recorded_at AS told_at, l.decided_on
    FROM hub.told t JOIN hub.ledger l ON l.change = t.change AND l.partition = t.partition
    CROSS JOIN unnest(t.items) AS item
    WHERE t.contract = $1
    UNION ALL
    SELECT item, r.contract_hash, r.disclosure, l.subject, r.recorded_at, (r.recorded_at AT TIME ZONE 'Asia/Tokyo')::date
    FROM hub.releases r JOIN hub.ledger l ON l.change = r.change CROSS JOIN unnest(r.items) AS item
    WHERE r.contract = $1
) AS one LEFT JOIN extracted ON extracted.disclosure = one.disclosure
WHERE one.item = ANY($2::text[])
GROUP BY GROUPING SETS ((), (one.item), (one.item, one.contract_hash, extracted.transfer))
ORDER BY one.item NULLS FIRST, one.contract_hash NULLS FIRST, extracted.transfer NULLS FIRST

-- name: pinned
-- The very disclosures with any of these items, and one digest over all of their tokens.
SELECT count(*) AS tellings, encode(sha256(coalesce(
    string_agg(t.token_sha256, ''::bytea ORDER BY t.partition, t.seq), ''::bytea
)), 'hex') AS digest
FROM hub.told t WHERE t.contract = $1 AND t.items && $2::text[]
