-- name: hours
-- The hours of every contract since $1.
SELECT contract, hour, told FROM hub.watch_hours WHERE hour >= $1

-- name: last
-- When each contract was told last; not of one whose feed was stopped since, which misses nothing.
SELECT m.contract, max(m.told_at) AS told_at FROM hub.watch_marks m GROUP BY m.contract
HAVING NOT EXISTS (SELECT FROM hub.stops s WHERE s.contract = m.contract AND s.stopped_at >= max(m.told_at))

-- name: unwatched
-- What the archive has and the watch has not counted.
SELECT t.contract, sum(greatest(t.seq - coalesce(m.last_seq, 0), 0))::bigint AS count
FROM (
    SELECT one.contract, part.partition, (
        SELECT seq FROM hub.told WHERE contract = one.contract AND partition = part.partition
        ORDER BY seq DESC LIMIT 1
    ) AS seq FROM unnest($1::text[]) AS one (contract) CROSS JOIN generate_series(0, $2::int - 1) AS part (partition)
) t LEFT JOIN hub.watch_marks m ON m.contract = t.contract AND m.partition = t.partition
WHERE t.seq IS NOT NULL GROUP BY t.contract

-- name: began
INSERT INTO hub.watch_breaches (contract, code, began_at, figure, bound) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING

-- name: ended
UPDATE hub.watch_breaches SET ended_at = $3 WHERE contract = $1 AND code = $2 AND ended_at IS NULL

-- name: open
SELECT contract, code, began_at, figure, bound FROM hub.watch_breaches WHERE ended_at IS NULL
ORDER BY contract, code
