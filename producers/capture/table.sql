-- name: waiting
-- Cheap look, without a transaction: on which of these shards somebody waits who is not halted. Of each the first, in
-- the order of the index, which passes over what was deleted; without one PostgreSQL would go through all that has not
-- been vacuumed yet.
SELECT s.shard FROM unnest($1::smallint[]) AS s (shard) CROSS JOIN LATERAL (
    SELECT FROM registry.outbox AS o
    WHERE o.shard = s.shard AND NOT EXISTS (SELECT FROM registry.halted AS h WHERE h.resident = o.resident)
    ORDER BY o.id LIMIT 1
) AS first

-- name: lead
-- Those that nobody else has. One relay per shard: held until this transaction ends, whichever way. The first number
-- says "outbox" (ASCII juki). What a crash of the server may take back of this transaction, which does not wait for the
-- disk, is that rows are gone which the broker has: they are carried once more, as after a crash of ours.
SELECT s.shard, set_config('synchronous_commit', 'off', true)
FROM unnest($1::smallint[]) AS s (shard) WHERE pg_try_advisory_xact_lock(1786080105, s.shard)

-- name: oldest
-- No cursor: a transaction that commits late has a low id and is found all the same. A statement of its own, behind the
-- locks, so that it sees what the relay before us deleted.
SELECT o.id, o.resident, o.change FROM unnest($1::smallint[]) AS s (shard) CROSS JOIN LATERAL (
    SELECT o.id, o.resident, o.change FROM registry.outbox AS o
    WHERE o.shard = s.shard AND NOT EXISTS (SELECT FROM registry.halted AS h WHERE h.resident = o.resident)
    ORDER BY o.id LIMIT $2
) AS o
ORDER BY o.id

-- name: done
-- Only what the broker has acknowledged.
DELETE FROM registry.outbox WHERE shard = ANY($1::smallint[]) AND id = ANY($2::bigint[])

-- name: halt
INSERT INTO registry.halted (resident, code) VALUES ($1, $2) ON CONFLICT DO NOTHING
