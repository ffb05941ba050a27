-- name: lock
-- One fixed order for everybody, so that two household events cannot wait for each other. Beside it, what `last_reviewed`
-- says: as it was before the wait for a lock, which is early enough, because a birthday that is told twice is told once.
SELECT resident, (SELECT max(day) FROM registry.reviewed WHERE ended_at IS NOT NULL) AS reviewed
FROM registry.resident WHERE resident = ANY($1::uuid[]) ORDER BY resident FOR UPDATE

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
SELECT change, resident, version, kind, body FROM registry.history WHERE change = ANY($1::uuid[])

-- name: keep
-- The registry's own, lasting record of each Change (null for the body of a first load), and its place in the outbox as
-- `put` gives it. How many were kept: where it is fewer, an id is not new, and the transaction is rolled back.
WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::bytea[], $6::smallint[], $7::bytea[])
        WITH ORDINALITY AS d (change, resident, version, kind, lasting, shard, body, place)
), kept AS (
    INSERT INTO registry.history (change, resident, version, kind, body)
    SELECT change, resident, version, kind, lasting FROM given
    ON CONFLICT DO NOTHING RETURNING change
), waiting AS (
    INSERT INTO registry.outbox (shard, resident, change)
    SELECT shard, resident, body FROM given ORDER BY place
)
SELECT count(*) FROM kept

-- name: put
-- Behind the locks: ids rise in the order of the versions.
INSERT INTO registry.outbox (shard, resident, change)
SELECT d.shard, d.resident, d.change
FROM unnest($1::smallint[], $2::uuid[], $3::bytea[]) WITH ORDINALITY AS d (shard, resident, change, place)
ORDER BY d.place
