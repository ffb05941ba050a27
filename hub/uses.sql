-- name: used
-- Count these uses of keys; the first of a process, a key and a day is an entry of the audit at once.
WITH given AS (
    SELECT one.kid, one.count FROM unnest($3::text[], $4::bigint[]) AS one (kid, count)
), counted AS (
    INSERT INTO hub.key_uses AS u (day, process, kid, count)
    SELECT $1::date, $2::text, given.kid, given.count FROM given ORDER BY given.kid
    ON CONFLICT (day, process, kid) DO UPDATE SET count = u.count + excluded.count
    RETURNING u.kid, u.count
)
INSERT INTO hub.audit (process, act, object, code, noted_at, details)
SELECT $2::text, $5::text, counted.kid, $6::text, $7::timestamptz, jsonb_build_object('day', $1::date)
FROM counted JOIN given USING (kid, count) ORDER BY counted.kid

-- name: closed
-- The counts of days that are over become entries of the audit, and are forgotten here.
WITH ended AS (
    DELETE FROM hub.key_uses WHERE day <= $1 RETURNING day, process, kid, count
)
INSERT INTO hub.audit (process, act, object, code, noted_at, details)
SELECT process, $2::text, kid, $3::text, $4::timestamptz, jsonb_build_object('day', day, 'count', count)
FROM ended ORDER BY day, process, kid
