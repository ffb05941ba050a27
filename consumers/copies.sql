-- name: request
INSERT INTO inbox.copy_erasures (id, contract, number_wrapped, reason, requested_by, requested_at, kek)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: expire
-- What nobody has approved in time is void, and nothing of the number stays.
UPDATE inbox.copy_erasures SET number_wrapped = NULL, kek = NULL, expired_at = $2
WHERE contract = $1 AND requested_at <= $3 AND begun_at IS NULL AND erased_at IS NULL AND expired_at IS NULL

-- name: waiting
-- What somebody has asked for who is retired since, is void unless it has begun. That waits for whoever carries it on.
SELECT e.id, e.reason, e.requested_at, a.name, e.begun_at IS NOT NULL AS is_begun FROM inbox.copy_erasures e
JOIN hub.people a ON a.id = e.requested_by
WHERE e.contract = $1 AND e.erased_at IS NULL AND e.expired_at IS NULL
    AND (e.begun_at IS NOT NULL OR e.requested_at > $2 AND a.retired_at IS NULL)
ORDER BY e.requested_at

-- name: one
SELECT id, number_wrapped, requested_by, requested_at, begun_at, erased_at, expired_at FROM inbox.copy_erasures
WHERE id = $1 AND contract = $2

-- name: begin_erasing
-- Before the server is asked; what is void by now is not begun.
UPDATE inbox.copy_erasures SET approved_by = $2, begun_at = $3
WHERE id = $1 AND begun_at IS NULL AND erased_at IS NULL AND expired_at IS NULL

-- name: erased
-- Done, and noted for the ledger, in one statement; nothing of the number stays.
WITH done AS (
    UPDATE inbox.copy_erasures SET erased_at = $2, number_wrapped = NULL, kek = NULL
    WHERE id = $1 AND begun_at IS NOT NULL AND erased_at IS NULL RETURNING id, contract
)
INSERT INTO hub.confirming (disclosure, contract, partition, what, receipt_sha256, confirmed_at)
SELECT id, contract, $3::int, $4::text, sha256(convert_to($5::text, 'UTF8')), $2 FROM done ON CONFLICT DO NOTHING

-- name: begun
SELECT id, begun_at, begun_by FROM inbox.reloads WHERE contract = $1 AND ended_at IS NULL

-- name: begin
INSERT INTO inbox.reloads (id, contract, begun_at, begun_by) VALUES ($1, $2, $3, $4)

-- name: give_up
UPDATE inbox.reloads SET ended_at = $2 WHERE contract = $1 AND ended_at IS NULL

-- name: told
-- How many residents were told since the beginning.
SELECT count(DISTINCT subject) FROM inbox.disclosures WHERE contract = $1 AND state = 'delivered' AND settled_at >= $2

-- name: expected
-- How many residents the server should hold a copy of (as in reconcile.sql), and how many of them were not told again
-- since the beginning.
SELECT count(*) AS expected, count(*) FILTER (WHERE (delivered_at >= $2) IS NOT TRUE) AS missing
FROM inbox.last_arrived WHERE contract = $1 AND state IN ('entered', 'inside')

-- name: end
-- Ended, and noted for the ledger, in one statement.
WITH done AS (
    UPDATE inbox.reloads SET ended_at = $2, told = $3, erased = $4, ended_by = $5
    WHERE id = $1 AND ended_at IS NULL RETURNING id, contract
)
INSERT INTO hub.confirming (disclosure, contract, partition, what, receipt_sha256, confirmed_at)
SELECT id, contract, $6::int, $7::text, sha256(convert_to($8::text, 'UTF8')), $2 FROM done ON CONFLICT DO NOTHING
