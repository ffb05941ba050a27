-- name: waiting
-- Cheap look, without a transaction: the first that this shard has to carry. In the order of its index, which passes
-- over what was deleted; without one PostgreSQL would go through all that has not been vacuumed yet.
SELECT o.id FROM registry.outbox AS o
WHERE o.shard = $1 AND NOT EXISTS (SELECT FROM registry.halted AS h WHERE h.resident = o.resident)
ORDER BY o.id LIMIT 1

-- name: lead
-- One relay per shard: held until this transaction ends, whichever way. The first number says "outbox" (ASCII juki).
SELECT pg_try_advisory_xact_lock(1786080105, $1::int)

-- name: oldest
-- No cursor: a transaction that commits late has a low id and is found all the same. A statement of its own, behind the
-- lock, so that it sees what the relay before us deleted.
SELECT o.id, o.resident, o.change FROM registry.outbox AS o
WHERE o.shard = $1 AND NOT EXISTS (SELECT FROM registry.halted AS h WHERE h.resident = o.resident)
ORDER BY o.id LIMIT $2

-- name: done
-- Only what the broker has acknowledged.
DELETE FROM registry.outbox WHERE shard = $1 AND id = ANY($2::bigint[])

-- name: halt
INSERT INTO registry.halted (resident, code) VALUES ($1, $2) ON CONFLICT DO NOTHING
