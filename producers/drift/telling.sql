-- name: held
-- Locked in the order in which everybody locks people, and read behind the lock.
SELECT resident, status, record FROM registry.resident WHERE resident = ANY($1::uuid[]) ORDER BY resident FOR UPDATE

-- name: past
-- What was recorded about somebody, the newest first.
SELECT body FROM registry.history WHERE resident = $1 AND body IS NOT NULL ORDER BY version DESC
