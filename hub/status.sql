-- name: gaps
-- Where the sequence of a contract had a hole, noticed since $1.
SELECT contract, count(*) AS count FROM inbox.gaps WHERE noticed_at >= $1 GROUP BY contract ORDER BY contract

-- name: protections
-- Since when something that says that somebody is protected is recorded and not delivered. $1: of these contracts.
SELECT p.contract, min(p.recorded_at) AS since FROM hub.protections p
JOIN inbox.disclosures d ON d.contract = p.contract AND d.id = p.disclosure
WHERE p.contract = ANY($1::text[]) AND d.state IN ('waiting', 'dead') GROUP BY p.contract ORDER BY p.contract

-- name: ahead
-- Where the inbox has read more than the ledger knows (yet).
SELECT o.contract, o.partition, o.last_seq, coalesce(t.seq, 0) AS told FROM inbox.offsets o LEFT JOIN LATERAL (
    SELECT t.seq FROM hub.told t WHERE t.contract = o.contract AND t.partition = o.partition ORDER BY t.seq DESC LIMIT 1
) t ON true
WHERE o.contract = ANY($1::text[]) AND o.last_seq > coalesce(t.seq, 0) ORDER BY o.contract, o.partition

-- name: unwatched
-- When the oldest was told that the watch has not counted. $1: contracts, $2: partitions.
SELECT min(first.told_at) FROM unnest($1::text[]) AS one (contract)
CROSS JOIN generate_series(0, $2::int - 1) AS part (partition)
LEFT JOIN hub.watch_marks m ON m.contract = one.contract AND m.partition = part.partition
CROSS JOIN LATERAL (
    SELECT t.change FROM hub.told t
    WHERE t.contract = one.contract AND t.partition = part.partition AND t.seq > coalesce(m.last_seq, 0)
    ORDER BY t.seq LIMIT 1
) next
CROSS JOIN LATERAL (
    SELECT l.recorded_at AS told_at FROM hub.ledger l WHERE l.change = next.change AND l.partition = part.partition
    ORDER BY l.ledger_offset LIMIT 1
) first
