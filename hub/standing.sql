-- name: standing
-- One row per contract that has anything open in its inbox or not yet in it. $1: of these contracts alone.
-- A crowd is walked over in an index that holds all that is asked (disclosures_open), and its tokens are left in peace.
-- The ledger says when something was told; what it does not know (yet) counts from its arrival. What rests until its
-- counterpart opens is not due, nor is what is behind it; where nobody has looked at it for minutes it is. What came
-- before persons stopped the feed is due no more.
WITH open AS (
    SELECT contract, partition, seq, position, received_at, CASE
        WHEN state = 'dead' THEN 'dead'
        WHEN received_at <= stopped_at THEN 'resting'
        WHEN min(position) FILTER (WHERE state = 'dead') OVER own < position THEN 'behind'
        WHEN min(position) FILTER (
            WHERE state = 'waiting' AND code = 'resting' AND next_attempt_at > now() - interval '2 minutes'
        ) OVER own <= position THEN 'resting'
        ELSE 'due' END AS class
    FROM inbox.disclosures LEFT JOIN (
        SELECT contract AS of, max(stopped_at) AS stopped_at FROM hub.stops GROUP BY contract
    ) s ON s.of = contract
    WHERE state IN ('waiting', 'dead') AND contract = ANY($1::text[])
    WINDOW own AS (PARTITION BY contract, subject)
), first AS (
    SELECT o.contract, o.class, o.partition, o.seq, o.received_at
    FROM (SELECT contract, class, partition, min(position) AS position FROM open GROUP BY contract, class, partition) f
    JOIN open o ON o.contract = f.contract AND o.position = f.position
), unread AS (
    SELECT o.contract, 'due' AS class, t.partition, t.seq, NULL::timestamptz AS received_at
    FROM inbox.offsets o CROSS JOIN LATERAL (
        SELECT t.partition, t.seq FROM hub.told t
        WHERE t.contract = o.contract AND t.partition = o.partition AND t.seq > o.last_seq ORDER BY t.seq LIMIT 1
    ) t
    WHERE o.contract = ANY($1::text[])
), dated AS (
    SELECT f.contract, f.class, coalesce(l.told_at, f.received_at) AS told_at,
        least(coalesce(l.version, l.told_at, f.received_at), coalesce(l.told_at, f.received_at)) AS recorded_at
    FROM (TABLE first UNION ALL TABLE unread) f
    LEFT JOIN LATERAL (
        SELECT l.recorded_at AS told_at,
            to_timestamp((convert_from(l.line, 'UTF8')::json ->> 'version')::bigint / 1e6) AS version
        FROM hub.told t JOIN hub.ledger l ON l.change = t.change AND l.partition = t.partition
        WHERE t.contract = f.contract AND t.partition = f.partition AND t.seq = f.seq
        ORDER BY l.ledger_offset LIMIT 1
    ) l ON true
), counted AS (
    SELECT contract, count(*) FILTER (WHERE class <> 'dead') AS waiting, count(*) FILTER (WHERE class = 'dead') AS dead,
        count(*) FILTER (WHERE class = 'behind') AS behind
    FROM open GROUP BY contract
), oldest AS (
    SELECT contract, min(told_at) AS undelivered, min(told_at) FILTER (WHERE class = 'due') AS due,
        min(told_at) FILTER (WHERE class = 'behind') AS behind, min(told_at) FILTER (WHERE class = 'dead') AS dead,
        min(recorded_at) FILTER (WHERE class = 'due') AS recorded
    FROM dated GROUP BY contract
)
SELECT name AS contract, coalesce(c.waiting, 0) AS waiting, coalesce(c.dead, 0) AS dead,
    coalesce(c.behind, 0) AS behind, o.undelivered AS oldest, o.due AS oldest_due, o.behind AS oldest_behind,
    o.dead AS oldest_dead, o.recorded AS oldest_recorded
FROM unnest($1::text[]) AS name
LEFT JOIN counted c ON c.contract = name LEFT JOIN oldest o ON o.contract = name

-- name: read
-- Per contract how many the inbox has not read, and how many it has read that the ledger does not know (yet).
SELECT o.contract, sum(greatest(coalesce(t.seq, 0) - o.last_seq, 0))::bigint AS unarrived,
    sum(greatest(o.last_seq - coalesce(t.seq, 0), 0))::bigint AS unrecorded
FROM inbox.offsets o LEFT JOIN LATERAL (
    SELECT t.seq FROM hub.told t WHERE t.contract = o.contract AND t.partition = o.partition ORDER BY t.seq DESC LIMIT 1
) t ON true
WHERE o.contract = ANY($1::text[]) GROUP BY o.contract

-- name: protecting
-- These disclosures say that somebody is protected. They are forgotten once that holds.
INSERT INTO hub.protections (contract, disclosure, recorded_at)
SELECT $1, one.id, to_timestamp(one.version / 1e6) FROM unnest($2::uuid[], $3::bigint[]) AS one (id, version)
ON CONFLICT DO NOTHING

-- name: protected
-- What holds now, with the seconds that it took; none where it was erased, and so never holds.
DELETE FROM hub.protections p USING inbox.disclosures d
WHERE p.contract = $1 AND d.contract = p.contract AND d.id = p.disclosure AND d.settled_at IS NOT NULL
    AND d.state NOT IN ('waiting', 'dead')
RETURNING CASE WHEN d.state <> 'erased'
    THEN greatest(extract(epoch FROM d.settled_at - p.recorded_at), 0)::float8 END AS seconds

-- name: unprotected
SELECT min(p.recorded_at) FROM hub.protections p
JOIN inbox.disclosures d ON d.contract = p.contract AND d.id = p.disclosure WHERE p.contract = $1
