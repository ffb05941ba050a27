-- name: keys
-- What one act has destroyed; the names of accounts that a restored database may lack.
SELECT e.kid, e.rule, e.asked_by, e.approved_by, e.ordered_at, e.destroyed_at, a.name AS asker, b.name AS approver
FROM hub.erased_keys e LEFT JOIN hub.people a ON a.id = e.asked_by LEFT JOIN hub.people b ON b.id = e.approved_by
WHERE e.act = $1 ORDER BY e.kid

-- name: run
SELECT r.id, r.said::text AS said, r.holds, r.since, r.until, r.begun_at, r.run_by, p.name
FROM hub.retention_runs r JOIN hub.people p ON p.id = r.run_by WHERE r.id = $1

-- name: said
-- In which words a rule has destroyed keys or has asked for it; none where persons have.
SELECT said::text FROM hub.retention_runs WHERE id = $1
UNION ALL SELECT said::text FROM hub.erasures WHERE request = $1 AND said IS NOT NULL

-- name: reason
SELECT reason FROM hub.requests WHERE id = $1

-- name: keks
-- Those that older backups may need: in use by then, and not destroyed.
SELECT id FROM hub.keks WHERE used_at <= $1 AND destroyed_at IS NULL ORDER BY id

-- name: kept
SELECT content, key, signature FROM hub.certificates WHERE id = $1

-- name: keep
INSERT INTO hub.certificates (id, content, key, signature, issued_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING

-- name: on_the_ledger
SELECT partition, ledger_offset, confirmed_at FROM hub.confirmations WHERE disclosure = $1 AND contract = $2

-- name: uncertified
-- Whatever was destroyed or begun and has no certificate yet.
SELECT act AS id FROM hub.erased_keys e WHERE NOT EXISTS (SELECT FROM hub.certificates c WHERE c.id = e.act) GROUP BY act
UNION
SELECT id FROM hub.retention_runs r WHERE r.holds = ANY($1::text[])
    AND NOT EXISTS (SELECT FROM hub.certificates c WHERE c.id = r.id)

-- name: list
SELECT id, issued_at, convert_from(content, 'UTF8') AS content FROM hub.certificates ORDER BY issued_at DESC, id LIMIT $1
