-- name: held
-- Locked in the order in which everybody locks people, and read behind the lock; who was removed since is not there.
SELECT resident, record FROM registry.resident WHERE resident = ANY($1::uuid[]) AND status = 'registered'
ORDER BY resident FOR UPDATE

-- name: recorded
SELECT count(*) FROM registry.history WHERE change = ANY($1::uuid[])
