-- name: since
-- What was recorded from a version on (microseconds), in the order of recording. First loads changed nothing.
SELECT body FROM registry.history WHERE version >= $1 AND (version, change) > ($2, $3) AND body IS NOT NULL
ORDER BY version, change LIMIT $4

-- name: one
SELECT body FROM registry.history WHERE change = $1

-- name: registered
-- Everybody on the register, a page at a time.
SELECT resident, record FROM registry.resident WHERE status = 'registered' AND resident > $1
ORDER BY resident LIMIT $2
