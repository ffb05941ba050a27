-- name: allow
-- 0 rows: a terminal of this name is allowed already.
INSERT INTO hub.terminals (id, name, digest, allowed_by, allowed_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING

-- name: allowed
SELECT name FROM hub.terminals WHERE digest = $1 AND revoked_at IS NULL

-- name: everybody
SELECT t.name, p.name AS allowed_by, t.allowed_at, t.revoked_at
FROM hub.terminals t JOIN hub.people p ON p.id = t.allowed_by ORDER BY t.allowed_at, t.id

-- name: revoke
UPDATE hub.terminals SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL
