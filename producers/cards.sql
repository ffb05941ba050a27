-- name: one
-- What is known of a certificate, and whose it is.
SELECT c.resident, c.issued_at, c.expires_on, c.revoked_at, r.status, r.atena_no
FROM registry.card_certificate AS c JOIN registry.resident AS r USING (resident) WHERE c.serial = $1

-- name: holder
-- Locked, so that two certificates of one person are entered one after the other.
SELECT resident FROM registry.resident WHERE atena_no = $1 AND status = 'registered' FOR UPDATE

-- name: replace
-- A person has one certificate in force: whatever was in force before is not any more.
UPDATE registry.card_certificate SET revoked_at = $2, revoked_for = 'replaced'
WHERE resident = $1 AND revoked_at IS NULL

-- name: enter
-- 0 rows: a serial is issued once.
INSERT INTO registry.card_certificate (serial, resident, issued_at, expires_on) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING

-- name: revoke
UPDATE registry.card_certificate SET revoked_at = $2, revoked_for = $3 WHERE serial = $1 AND revoked_at IS NULL
