-- name: begin
-- 0 rows: one for the same contracts is not finished yet, and is carried on.
INSERT INTO registry.snapshot (run, contracts, begun_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING

-- name: look
-- A register that was just filled has no statistics, and without them PostgreSQL sorts all of it anew for each page.
ANALYZE registry.resident

-- name: unfinished
SELECT run, contracts, last, told, begun_at, ended_at FROM registry.snapshot WHERE contracts = $1 AND ended_at IS NULL

-- name: runs
SELECT run, contracts, last, told, begun_at, ended_at FROM registry.snapshot ORDER BY begun_at DESC, run LIMIT $1

-- name: held
-- Two commands that carry the same run take turns.
SELECT last FROM registry.snapshot WHERE run = $1 AND ended_at IS NULL FOR UPDATE

-- name: page
-- Locked in the order in which everybody locks people, and read behind the lock: who was removed in the meantime is
-- not there any more, and of who was changed it is the new record.
SELECT resident, record FROM registry.resident WHERE resident > $1 AND status = 'registered'
ORDER BY resident LIMIT $2 FOR UPDATE

-- name: advance
UPDATE registry.snapshot SET last = $2, told = told + $3 WHERE run = $1

-- name: end
UPDATE registry.snapshot SET ended_at = $2 WHERE run = $1

-- name: registered
SELECT count(*) FROM registry.resident WHERE status = 'registered'

-- name: backlog
-- No more than is asked for is counted; in the order of the index, which passes over what was deleted.
SELECT count(*) FROM (SELECT FROM registry.outbox ORDER BY shard, id LIMIT $1) AS waiting

-- name: last_of
SELECT run, contracts, last, told, begun_at, ended_at FROM registry.snapshot WHERE contracts = $1
ORDER BY begun_at DESC LIMIT 1

-- name: told_since
-- Of every run since then: which of them are of one run is known by their ids.
SELECT change, resident FROM registry.history WHERE kind = 'SNAPSHOT' AND version >= $1 ORDER BY resident, version
