-- name: alone
-- One at a time per partition, whichever way the transaction ends; the first number says "watch" (ASCII juki + 1).
SELECT pg_advisory_xact_lock(1786080106, $1::int)

-- name: marks
SELECT contract, last_seq FROM hub.watch_marks WHERE partition = $1

-- name: archived
-- How far the archive is with each of these contracts.
SELECT one AS contract, (
    SELECT t.seq FROM hub.told t WHERE t.contract = one AND t.partition = $1 ORDER BY t.seq DESC LIMIT 1
) AS seq
FROM unnest($2::text[]) AS one

-- name: missing
-- What the archive has between two numbers, in case it did not come.
SELECT t.seq, l.recorded_at AS told_at,
    coalesce((convert_from(l.line, 'UTF8')::json ->> 'version')::bigint / 1e6, extract(epoch FROM l.recorded_at))::float8
        AS recorded_at
FROM hub.told t CROSS JOIN LATERAL (
    SELECT l.recorded_at, l.line FROM hub.ledger l WHERE l.change = t.change AND l.partition = t.partition
    ORDER BY l.ledger_offset LIMIT 1
) l
WHERE t.contract = $1 AND t.partition = $2 AND t.seq > $3 AND t.seq < $4 ORDER BY t.seq

-- name: mark
INSERT INTO hub.watch_marks (contract, partition, last_seq, told_at)
SELECT one.contract, $1, one.seq, to_timestamp(one.told_at) FROM unnest($2::text[], $3::bigint[], $4::float8[])
    AS one (contract, seq, told_at)
ON CONFLICT (contract, partition) DO UPDATE SET last_seq = excluded.last_seq,
    told_at = greatest(watch_marks.told_at, excluded.told_at)

-- name: add
INSERT INTO hub.watch_hours (contract, hour, told, late)
SELECT one.contract, to_timestamp(one.hour), one.told, one.late
FROM unnest($1::text[], $2::float8[], $3::bigint[], $4::bigint[]) AS one (contract, hour, told, late)
ON CONFLICT (contract, hour) DO UPDATE
SET told = watch_hours.told + excluded.told, late = watch_hours.late + excluded.late
