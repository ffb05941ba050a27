-- name: recorded
-- How many residents are recorded, and how many Changes wait in the outbox, by its index as the load itself looks at it.
SELECT (SELECT coalesce(sum(told), 0) FROM registry.snapshot)::bigint AS recorded,
       (SELECT count(*) FROM (SELECT FROM registry.outbox ORDER BY shard, id LIMIT 100000) AS o) AS waiting

-- name: sessions
-- What the sessions of the registry are at, this one left out; who is idle in a transaction waits for its client.
SELECT CASE WHEN state = 'active' THEN coalesce(wait_event_type || '/' || wait_event, 'at work') ELSE 'for its client' END
           AS doing, count(*) AS sessions
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state IN ('active', 'idle in transaction')
GROUP BY 1
