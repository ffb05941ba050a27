-- name: lock_all
LOCK TABLE hub.people IN SHARE ROW EXCLUSIVE MODE

-- name: any
SELECT EXISTS (SELECT FROM hub.people)

-- name: add
INSERT INTO hub.people (id, name, duties, password, provisional, made_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING

-- name: all
SELECT id, name, duties, provisional, made_at, retired_at FROM hub.people ORDER BY name

-- name: named
SELECT id, name, duties, provisional, made_at, retired_at FROM hub.people WHERE name = $1

-- name: administrators
-- Accounts in use that may make accounts, without this one.
SELECT count(*) FROM hub.people WHERE 'administrator' = ANY(duties) AND retired_at IS NULL AND id <> $1

-- name: set_duties
UPDATE hub.people SET duties = $2 WHERE id = $1

-- name: retire
UPDATE hub.people SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL

-- name: revoke_all
UPDATE hub.tokens SET revoked_at = $2 WHERE person = $1 AND revoked_at IS NULL

-- name: set_password
UPDATE hub.people SET password = $2, provisional = $3, failures = 0, waits_until = NULL WHERE id = $1

-- name: to_log_in
-- Locked, so that attempts for one account come one after the other.
SELECT id, name, duties, password, provisional, retired_at, failures, waits_until FROM hub.people
WHERE name = $1 FOR UPDATE

-- name: tried
UPDATE hub.people SET failures = $2, waits_until = $3 WHERE id = $1

-- name: in_office
SELECT duties, retired_at FROM hub.people WHERE id = $1
