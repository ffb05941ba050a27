-- name: ask
INSERT INTO registry.togo_request
    (id, act, body, reason, requested_by, requested_name, requested_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: one
SELECT * FROM registry.togo_request WHERE id = $1

-- name: waiting
SELECT r.* FROM registry.togo_request r
WHERE r.expires_at > $1 AND NOT EXISTS (SELECT FROM registry.togo_trail t WHERE t.request = r.id)
ORDER BY r.requested_at, r.id
