-- name: people
-- Those named, whether they are on the register or were.
SELECT resident, status, record FROM registry.resident WHERE atena_no = ANY($1::bytea[])

-- name: residents
SELECT resident, record FROM registry.resident WHERE resident = ANY($1::uuid[])

-- name: household
SELECT resident, record FROM registry.resident WHERE household_no = $1

-- name: last_change
SELECT body FROM registry.history WHERE resident = $1 AND body IS NOT NULL ORDER BY version DESC LIMIT 1

-- name: protected_from
-- Everybody on the register who is protected from somebody that was named.
SELECT DISTINCT r.resident, r.record
FROM registry.other_party AS p JOIN registry.resident AS r USING (resident)
WHERE r.protected AND r.status = 'registered'

-- name: write
INSERT INTO registry.certificate
    (id, asked_at, issued_by, kind, article, subjects, asked_by, items, withheld, code)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
