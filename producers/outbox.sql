-- name: lock
-- One fixed order for everybody, so that two household events cannot wait for each other. The last version of each;
-- and up to which day all birthdays are told of (null: no review has ever run), as it was before the wait for a lock, which
-- is early enough: a birthday told twice is told once.
SELECT resident, version, (SELECT max(day) FROM registry.reviewed WHERE ended_at IS NOT NULL) AS reviewed
FROM registry.resident WHERE resident = ANY($1::uuid[]) ORDER BY resident FOR UPDATE

-- name: known
-- Changes whose ids have been used before.
SELECT change, resident, version, kind, body FROM registry.history WHERE change = ANY($1::uuid[])

-- name: last_changed
-- The last Change of each that is no first load and no birthday. A statement of its own, behind the locks.
SELECT resident, max(version) AS version FROM registry.history
WHERE resident = ANY($1::uuid[]) AND kind NOT IN ('SNAPSHOT', 'POPULATION_REVIEW')
GROUP BY resident

-- name: record
-- The last version of each resident; the registry's own, lasting record of each Change, but for the body of a first
-- load, which changes nothing; and what is kept now and was not before goes into the outbox. Behind the locks: ids rise
-- in the order of the versions.
WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::bytea[], $6::smallint[])
        WITH ORDINALITY AS d (change, resident, version, kind, body, shard, place)
), drawn AS (
    UPDATE registry.resident AS r SET version = d.version
    FROM (SELECT resident, max(version) AS version FROM given GROUP BY resident) AS d WHERE r.resident = d.resident
), kept AS (
    INSERT INTO registry.history (change, resident, version, kind, body)
    SELECT change, resident, version, kind, CASE WHEN kind <> 'SNAPSHOT' THEN body END FROM given
    ON CONFLICT DO NOTHING RETURNING change
)
INSERT INTO registry.outbox (shard, resident, change)
SELECT shard, resident, body FROM given JOIN kept USING (change) ORDER BY place

-- name: put
-- In the order given, which is that of the versions.
INSERT INTO registry.outbox (shard, resident, change)
SELECT d.shard, d.resident, d.change
FROM unnest($1::smallint[], $2::uuid[], $3::bytea[]) WITH ORDINALITY AS d (shard, resident, change, place)
ORDER BY d.place
