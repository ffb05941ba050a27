-- name: backlog
-- What nobody halts, since when; and who is halted.
SELECT count(*) AS waiting, min(o.created_at) AS oldest, (SELECT count(*) FROM registry.halted) AS halted
FROM registry.outbox AS o WHERE NOT EXISTS (SELECT FROM registry.halted AS h WHERE h.resident = o.resident)
