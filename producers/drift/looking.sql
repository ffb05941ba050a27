-- name: everybody
-- Everybody who is or was on the register, a page at a time.
SELECT resident, record FROM registry.resident WHERE resident > $1 ORDER BY resident LIMIT $2

-- name: standing
-- Whether something of these residents is in the outbox, or was recorded behind version $2.
SELECT r.resident, r.record, r.version > $2 OR EXISTS (
    SELECT FROM registry.outbox AS o WHERE o.resident = r.resident
) AS coming
FROM registry.resident AS r WHERE r.resident = ANY($1::uuid[])
