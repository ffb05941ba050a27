-- name: everybody
-- Everybody who is or was on the register, a page at a time.
SELECT resident, record FROM registry.resident WHERE resident > $1 ORDER BY resident LIMIT $2

-- name: in_outbox
SELECT DISTINCT resident FROM registry.outbox WHERE resident = ANY($1::uuid[])
