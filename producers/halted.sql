-- name: halted
SELECT h.resident, h.code, h.since,
    (SELECT count(*) FROM registry.outbox AS o WHERE o.resident = h.resident) AS waiting
FROM registry.halted AS h ORDER BY h.since, h.resident

-- name: resume
DELETE FROM registry.halted AS h WHERE h.resident = $1
RETURNING (SELECT count(*) FROM registry.outbox AS o WHERE o.resident = h.resident)
