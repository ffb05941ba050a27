-- name: last_day
-- The last day whose review has ended.
SELECT max(day) FROM registry.reviewed WHERE ended_at IS NOT NULL

-- name: begin
INSERT INTO registry.reviewed (day) VALUES ($1) ON CONFLICT DO NOTHING

-- name: held
SELECT last FROM registry.reviewed WHERE day = $1 AND ended_at IS NULL FOR UPDATE

-- name: page
-- Whose birthday it is the day after, in the order in which everybody locks people; the record is read behind the lock.
SELECT resident, record FROM registry.resident
WHERE registry.birthday(record) = ANY($1::int[]) AND resident > $2 AND status = 'registered'
ORDER BY resident LIMIT $3 FOR UPDATE

-- name: advance
UPDATE registry.reviewed SET last = $2, told = told + $3 WHERE day = $1

-- name: end
UPDATE registry.reviewed SET ended_at = $2 WHERE day = $1
