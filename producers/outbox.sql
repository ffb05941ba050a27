-- name: lock
-- One fixed order for everybody, so that two household events cannot wait for each other.
SELECT resident FROM registry.resident WHERE resident = ANY($1::uuid[]) ORDER BY resident FOR UPDATE

-- name: advance
-- The version is a clock that never falls: the time of recording, or one more than the last. A resident with n Changes
-- in one transaction takes n versions; the last one is returned.
UPDATE registry.resident AS r
SET version = greatest($1::bigint, r.version + 1) + d.n - 1
FROM unnest($2::uuid[], $3::int[]) AS d (resident, n)
WHERE r.resident = d.resident
RETURNING r.resident, r.version

-- name: last_reviewed
-- Up to which day all birthdays are told of; null where no review has ever run.
SELECT max(day) FROM registry.reviewed WHERE ended_at IS NOT NULL

-- name: known
-- Changes whose ids have been used before.
SELECT change, resident, version, body FROM registry.history WHERE change = ANY($1::uuid[])

-- name: keep
-- The registry's own, lasting record of each Change; null for the body of a first load.
INSERT INTO registry.history (change, resident, version, kind, body)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::bytea[])
ON CONFLICT DO NOTHING

-- name: put
-- Behind the locks: ids rise in the order of the versions.
INSERT INTO registry.outbox (shard, resident, change)
SELECT d.shard, d.resident, d.change
FROM unnest($1::smallint[], $2::uuid[], $3::bytea[]) WITH ORDINALITY AS d (shard, resident, change, place)
ORDER BY d.place
