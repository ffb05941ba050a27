-- What of the register is due by contracts/law/retention.toml, and its end (hub/retention reads these statements by
-- name). Days are those of Japan, the first and the last of them included.

-- name: notices_due
SELECT count(*) AS count, min(filed_at AT TIME ZONE 'Asia/Tokyo')::date AS oldest,
    max(filed_at AT TIME ZONE 'Asia/Tokyo')::date AS newest
FROM registry.notice
WHERE filed_at >= $1::date::timestamp AT TIME ZONE 'Asia/Tokyo'
    AND filed_at < ($2::date + 1)::timestamp AT TIME ZONE 'Asia/Tokyo'

-- name: notices_end
-- Removed and counted in one statement; the same run a second time does nothing.
WITH gone AS (
    DELETE FROM registry.notice
    WHERE filed_at >= $2::date::timestamp AT TIME ZONE 'Asia/Tokyo'
        AND filed_at < ($3::date + 1)::timestamp AT TIME ZONE 'Asia/Tokyo'
        AND NOT EXISTS (SELECT FROM registry.discarded WHERE run = $1)
    RETURNING (filed_at AT TIME ZONE 'Asia/Tokyo')::date AS day
)
INSERT INTO registry.discarded (run, holds, count, oldest, newest, at)
SELECT $1, 'notices', count(*), min(day), max(day), clock_timestamp() FROM gone ON CONFLICT DO NOTHING

-- name: removed_due
-- People who are removed, by the day of their last record.
SELECT count(*) AS count, min(day) AS oldest, max(day) AS newest FROM (
    SELECT (to_timestamp(version / 1e6) AT TIME ZONE 'Asia/Tokyo')::date AS day FROM registry.resident
    WHERE status = 'removed'
) AS one WHERE day BETWEEN $1 AND $2

-- name: discarded
SELECT count, oldest, newest, at FROM registry.discarded WHERE run = $1
