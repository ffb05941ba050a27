-- name: insert
INSERT INTO inbox.plans (id, contract, contract_hash, filter, reason, planned_by, planned_at, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: plan
SELECT id, contract, contract_hash, filter, reason, planned_by, planned_at, digest FROM inbox.plans WHERE id = $1

-- name: plans
SELECT id, contract, contract_hash, filter, reason, planned_by, planned_at, digest FROM inbox.plans
ORDER BY planned_at DESC, id LIMIT 100

-- name: events
SELECT what, code, person, at, digest FROM inbox.plan_events WHERE plan = $1 ORDER BY id

-- name: note
-- Nothing where it would be a second approval or a second end, or comes after an end.
INSERT INTO inbox.plan_events (plan, what, code, person, at, digest)
SELECT $1::uuid, $2::text, $3::text, $4::uuid, $5::timestamptz, $6::bytea
WHERE NOT EXISTS (
    SELECT FROM inbox.plan_events WHERE plan = $1 AND what IN ('cancelled', 'voided', 'finished')
)
ON CONFLICT DO NOTHING

-- name: members
SELECT letter, position, partition, subject, attempts, code, token_sha256, change, line_key, verdict, reason, items,
    dropped, protected, behind
FROM inbox.plan_letters WHERE plan = $1 ORDER BY position

-- name: rest
-- What has not been handed over: not begun, or sealed alone.
SELECT l.letter, l.position, l.partition, l.subject, l.attempts, l.code, l.token_sha256, l.change, l.line_key,
    l.verdict, l.reason, l.items, l.dropped, l.protected, l.behind
FROM inbox.plan_letters l LEFT JOIN inbox.plan_items i ON i.plan = l.plan AND i.letter = l.letter
WHERE l.plan = $1 AND (i.state IS NULL OR i.state = 'sealed') ORDER BY l.position

-- name: next
-- The next letters to be handed over, in order, with what is sealed of them already; behind position $3, so that a
-- chunk does not walk over everything that was handed over before it. NOT EXISTS, and no question for null: of that the
-- database knows how many there are, and does not join and sort all of a plan for every chunk.
SELECT l.letter, l.position, l.partition, l.subject, l.attempts, l.code, l.token_sha256, l.change, l.line_key,
    l.verdict, l.reason, l.items, l.dropped, l.protected, l.behind, i.token AS sealed, i.line
FROM inbox.plan_letters l
LEFT JOIN inbox.plan_items i ON i.plan = l.plan AND i.letter = l.letter AND i.state = 'sealed'
WHERE l.plan = $1 AND l.verdict IN ('unchanged', 'narrowed') AND l.position > $3 AND NOT EXISTS (
    SELECT FROM inbox.plan_items e WHERE e.plan = l.plan AND e.letter = l.letter AND e.state <> 'sealed'
)
ORDER BY l.position LIMIT $2

-- name: tokens
SELECT id, token FROM inbox.disclosures WHERE contract = $1 AND id = ANY($2::uuid[])

-- name: sealed
-- Before the ledger is written: what a run that is cut off now will write again, byte for byte.
INSERT INTO inbox.plan_items (plan, letter, state, token, line)
SELECT $1, s.letter, 'sealed', s.token, s.line FROM unnest($2::uuid[], $3::bytea[], $4::bytea[]) AS s (letter, token, line)

-- name: locked
-- The letters of a chunk, locked, each with whether a dead letter of its resident is before it that is not one of them.
SELECT d.id, EXISTS (
    SELECT FROM inbox.disclosures e
    WHERE e.contract = d.contract AND e.subject = d.subject AND e.state = 'dead' AND e.position < d.position
        AND NOT e.id = ANY($2::uuid[])
) AS is_blocked
FROM inbox.disclosures d WHERE d.contract = $1 AND d.id = ANY($2::uuid[]) AND d.state = 'dead'
ORDER BY d.position FOR UPDATE OF d

-- name: hand
-- Compare and set: the very letters that were decided, at the very attempt. They go in the order of their positions.
UPDATE inbox.disclosures d
SET token = s.token, state = 'waiting', plan = $2, replays = d.replays + 1, next_attempt_at = $3, settled_at = NULL
FROM unnest($4::uuid[], $5::int[], $6::bytea[], $7::bytea[]) AS s (letter, attempts, before, token)
WHERE d.contract = $1 AND d.id = s.letter AND d.state = 'dead' AND d.attempts = s.attempts
    AND sha256(d.token) = s.before

-- name: handed
UPDATE inbox.plan_items SET state = 'handed', handed_at = $3, token = NULL, line = NULL
WHERE plan = $1 AND letter = ANY($2::uuid[]) AND state = 'sealed'

-- name: kept_back
-- Not handed over, because another letter of the resident died again before it.
UPDATE inbox.plan_items SET state = 'ended', outcome = 'held-back', code = 'another-letter-first', ended_at = $3,
    token = NULL, line = NULL
WHERE plan = $1 AND letter = ANY($2::uuid[]) AND state = 'sealed'

-- name: size
SELECT count(*) AS total, count(*) FILTER (WHERE verdict NOT IN ('unchanged', 'narrowed')) AS held
FROM inbox.plan_letters WHERE plan = $1

-- name: standing
-- What was handed over: on its way letter by letter, ended by outcome.
SELECT state, outcome, count(*) AS count, array_agg(letter) FILTER (WHERE state = 'handed') AS letters
FROM inbox.plan_items WHERE plan = $1 AND state <> 'sealed' GROUP BY state, outcome

-- name: ended
-- Which of these have ended, and how.
SELECT letter, outcome FROM inbox.plan_items WHERE plan = $1 AND letter = ANY($2::uuid[]) AND state = 'ended'

-- name: summary
SELECT verdict, reason, count(*) AS letters, sum(behind)::bigint AS behind,
    count(DISTINCT subject) AS residents, count(*) FILTER (WHERE protected) AS protected
FROM inbox.plan_letters WHERE plan = $1 GROUP BY verdict, reason ORDER BY verdict, reason

-- name: results
SELECT l.letter, l.code AS was, l.verdict, l.reason, l.items, l.dropped, l.protected, l.behind,
    coalesce(i.state, CASE WHEN l.verdict IN ('unchanged', 'narrowed') THEN 'planned' ELSE 'held' END) AS state,
    coalesce(i.outcome, '') AS outcome, coalesce(i.code, '') AS code,
    coalesce(i.outcome = 'refused' AND i.code = l.code, false) AS same_again, i.handed_at, i.ended_at
FROM inbox.plan_letters l LEFT JOIN inbox.plan_items i ON i.plan = l.plan AND i.letter = l.letter
WHERE l.plan = $1 ORDER BY l.position

-- name: chosen
-- Dead letters by what a person asked for.
SELECT id FROM inbox.disclosures
WHERE contract = $1 AND state = 'dead' AND ($2::text IS NULL OR code = $2) AND ($3::uuid[] IS NULL OR id = ANY($3))
    AND ($4::timestamptz IS NULL OR first_failed_at >= $4) AND ($5::timestamptz IS NULL OR first_failed_at < $5)
ORDER BY position LIMIT $6

-- name: weighed
-- The dead letters among these, with everything but their content. `ahead`: dead letters of their resident before them.
SELECT d.id, d.position, d.partition, d.subject, d.attempts, d.code, d.replays, d.flagged, sha256(d.token) AS token_sha256,
    r.version AS last_version,
    (SELECT count(*) FROM inbox.disclosures e WHERE e.contract = d.contract AND e.subject = d.subject
        AND e.state = 'dead' AND e.position < d.position) AS ahead,
    (SELECT count(*) FROM inbox.disclosures f WHERE f.contract = d.contract AND f.subject = d.subject
        AND f.state = 'waiting' AND f.position > d.position) AS behind
FROM inbox.disclosures d
LEFT JOIN inbox.residents r ON r.contract = d.contract AND r.subject = d.subject
WHERE d.contract = $1 AND d.state = 'dead' AND d.id = ANY($2::uuid[]) ORDER BY d.position

-- name: dead_of_plan
-- Letters of a plan that it handed over and that died again, by resident.
SELECT l.subject, l.position FROM inbox.plan_letters l
JOIN inbox.plan_items i ON i.plan = l.plan AND i.letter = l.letter AND i.state = 'ended'
JOIN inbox.disclosures d ON d.contract = $2 AND d.id = l.letter AND d.state = 'dead'
WHERE l.plan = $1 AND l.subject IS NOT NULL
