-- name: request
INSERT INTO inbox.copy_erasures (id, contract, number_wrapped, reason, requested_by, requested_at)
VALUES ($1, $2, $3, $4, $5, $6)

-- name: waiting
SELECT e.id, e.reason, e.requested_at, a.name FROM inbox.copy_erasures e
LEFT JOIN hub.people a ON a.id = e.requested_by
WHERE e.contract = $1 AND e.erased_at IS NULL AND e.requested_at > $2 ORDER BY e.requested_at

-- name: one
SELECT id, number_wrapped, requested_by, requested_at, erased_at FROM inbox.copy_erasures WHERE id = $1 AND contract = $2

-- name: erased
-- Done, and noted for the ledger, in one statement; nothing of the number stays.
WITH done AS (
    UPDATE inbox.copy_erasures SET approved_by = $2, erased_at = $3, number_wrapped = NULL
    WHERE id = $1 AND erased_at IS NULL RETURNING id, contract
)
INSERT INTO hub.confirming (disclosure, contract, partition, what, receipt_sha256, confirmed_at)
SELECT id, contract, $4::int, $5::text, sha256(convert_to($6::text, 'UTF8')), $3 FROM done ON CONFLICT DO NOTHING

-- name: begun
SELECT id, begun_at FROM inbox.reloads WHERE contract = $1 AND ended_at IS NULL

-- name: begin
INSERT INTO inbox.reloads (id, contract, begun_at) VALUES ($1, $2, $3)

-- name: give_up
UPDATE inbox.reloads SET ended_at = $2 WHERE contract = $1 AND ended_at IS NULL

-- name: told
-- How many residents were told since the beginning.
SELECT count(DISTINCT subject) FROM inbox.disclosures WHERE contract = $1 AND state = 'delivered' AND settled_at >= $2

-- name: end
UPDATE inbox.reloads SET ended_at = $2, told = $3, erased = $4 WHERE id = $1
