-- name: groups
-- Dead letters, and those that a plan has released and whose delivery is not confirmed yet.
SELECT l.contract, l.state, l.code, count(*) AS count, min(l.first) AS first, max(l.last) AS last,
    sum(l.behind)::bigint AS behind, count(DISTINCT l.subject) AS residents, min(l.published_ms) AS oldest_ms
FROM (
    SELECT d.contract, d.subject, d.code, CASE d.state WHEN 'dead' THEN 'dead' ELSE 'replaying' END AS state,
        coalesce(d.first_failed_at, d.received_at) AS first, coalesce(d.settled_at, d.next_attempt_at) AS last,
        coalesce(d.published_ms, (extract(epoch FROM d.received_at) * 1000)::bigint) AS published_ms,
        (SELECT count(*) FROM inbox.disclosures f WHERE f.contract = d.contract AND f.subject = d.subject
            AND f.state = 'waiting' AND f.plan IS NULL AND f.position > d.position) AS behind
    FROM inbox.disclosures d
    WHERE (d.state = 'dead' OR (d.state = 'waiting' AND d.plan IS NOT NULL)) AND ($1::text IS NULL OR d.contract = $1)
) AS l
GROUP BY l.contract, l.state, l.code ORDER BY l.contract, l.state, l.code

-- name: letters
SELECT d.id, d.contract, CASE d.state WHEN 'dead' THEN 'dead' ELSE 'replaying' END AS state, d.code,
    coalesce(d.first_failed_at, d.received_at) AS first, coalesce(d.settled_at, d.next_attempt_at) AS last,
    d.attempts, d.replays, d.plan,
    coalesce(d.published_ms, (extract(epoch FROM d.received_at) * 1000)::bigint) AS published_ms,
    (SELECT count(*) FROM inbox.disclosures f WHERE f.contract = d.contract AND f.subject = d.subject
        AND f.state = 'waiting' AND f.plan IS NULL AND f.position > d.position) AS behind,
    count(*) OVER () AS total
FROM inbox.disclosures d
WHERE (d.state = 'dead' OR (d.state = 'waiting' AND d.plan IS NOT NULL)) AND ($1::text IS NULL OR d.contract = $1)
    AND ($2::text IS NULL OR d.code = $2) AND ($3::uuid[] IS NULL OR d.id = ANY($3))
    AND ($4::timestamptz IS NULL OR d.first_failed_at >= $4) AND ($5::timestamptz IS NULL OR d.first_failed_at < $5)
ORDER BY d.contract, d.position LIMIT $6

-- name: letter
SELECT d.id, d.contract, CASE d.state WHEN 'dead' THEN 'dead' ELSE 'replaying' END AS state, d.code,
    coalesce(d.first_failed_at, d.received_at) AS first, coalesce(d.settled_at, d.next_attempt_at) AS last,
    d.attempts, d.replays, d.plan,
    coalesce(d.published_ms, (extract(epoch FROM d.received_at) * 1000)::bigint) AS published_ms,
    (SELECT count(*) FROM inbox.disclosures f WHERE f.contract = d.contract AND f.subject = d.subject
        AND f.state = 'waiting' AND f.plan IS NULL AND f.position > d.position) AS behind,
    d.partition, d.record_offset, d.token, d.subject
FROM inbox.disclosures d
WHERE d.id = $1 AND (d.state = 'dead' OR (d.state = 'waiting' AND d.plan IS NOT NULL))
ORDER BY d.position LIMIT 1
