-- name: lock
-- The lock is the connection's: whoever dies gives it back.
SELECT pg_try_advisory_lock(hashtextextended($1, 0))

-- name: unlock
SELECT pg_advisory_unlock(hashtextextended($1, 0))
