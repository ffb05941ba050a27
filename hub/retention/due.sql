-- name: keys
-- Content keys up to a day, which is the end of the name, by owner.
SELECT owner, array_agg(kid ORDER BY kid) AS kids FROM hub.keys
WHERE purpose = 'content' AND right(kid, 10) BETWEEN $1 AND $2 GROUP BY owner ORDER BY owner

-- name: audit_due
SELECT count(*) AS count, min(noted_at AT TIME ZONE 'Asia/Tokyo')::date AS oldest,
    max(noted_at AT TIME ZONE 'Asia/Tokyo')::date AS newest
FROM hub.audit WHERE (noted_at AT TIME ZONE 'Asia/Tokyo')::date BETWEEN $1 AND $2

-- name: unarrived
-- Whether something was told that the inbox has not read.
SELECT EXISTS (
    SELECT FROM (SELECT partition, max(seq) AS seq FROM hub.told WHERE contract = $1 GROUP BY partition) t
    LEFT JOIN inbox.offsets o ON o.contract = $1 AND o.partition = t.partition WHERE t.seq > coalesce(o.last_seq, 0)
)
