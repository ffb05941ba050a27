-- name: unmirrored
-- Letters that are not on the topic of dead letters yet, in order. A record from before its time was kept has that of
-- its arrival.
SELECT id, subject, partition, record_offset, token, code, attempts, first_failed_at,
    coalesce(published_ms, (extract(epoch FROM received_at) * 1000)::bigint) AS published_ms
FROM inbox.disclosures WHERE contract = $1 AND state = 'dead' AND mirrored_at IS NULL
ORDER BY position LIMIT 500

-- name: mirrored
-- Who died once more meanwhile has another attempt, and is mirrored again.
UPDATE inbox.disclosures d SET mirrored_at = clock_timestamp()
FROM unnest($2::uuid[], $3::int[]) AS s (id, attempts)
WHERE d.contract = $1 AND d.id = s.id AND d.attempts = s.attempts AND d.state = 'dead'
