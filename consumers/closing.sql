-- name: dead
SELECT id, attempts FROM inbox.disclosures WHERE contract = $1 AND state = 'dead' AND id = ANY($2::uuid[])
ORDER BY position

-- name: ask
INSERT INTO inbox.closings (
    id, kind, contract, letters, attempts, causation, correction, reason, asked_by, asked_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: asked
SELECT c.id, c.kind, c.contract, c.letters, c.attempts, c.causation, c.correction, c.reason, c.asked_by, c.asked_at,
    EXISTS (SELECT FROM inbox.closing_ends e WHERE e.closing = c.id) AS is_done
FROM inbox.closings c WHERE c.id = $1

-- name: waiting
-- What another person has yet to approve of what was asked for since $1, in that order. What somebody has asked for
-- whose account is no longer in use, is void.
SELECT c.id, c.kind, c.contract, c.letters, c.attempts, c.causation, c.correction, c.reason, c.asked_by, c.asked_at,
    p.name
FROM inbox.closings c JOIN hub.people p ON p.id = c.asked_by
WHERE c.asked_at > $1 AND p.retired_at IS NULL
    AND NOT EXISTS (SELECT FROM inbox.closing_ends e WHERE e.closing = c.id)
ORDER BY c.asked_at, c.id

-- name: subjects
SELECT DISTINCT subject FROM inbox.disclosures
WHERE contract = $1 AND id = ANY($2::uuid[]) AND state = 'dead' AND subject IS NOT NULL

-- name: close
UPDATE inbox.disclosures d SET state = $4, token = NULL, settled_at = $5
FROM unnest($2::uuid[], $3::int[]) AS s (id, attempts)
WHERE d.contract = $1 AND d.id = s.id AND d.attempts = s.attempts AND d.state = 'dead'

-- name: end
INSERT INTO inbox.closing_ends (closing, approved_by, approved_at, count) VALUES ($1, $2, $3, $4)

-- name: correction
-- The change that a letter came of, beside one that is said to correct it, as the ledger has both. A 随時移転 tells a part
-- of a record, for a purpose of its own: it is not whole.
SELECT own.change AS causation, other.change IS NOT NULL AS is_known, own.subject = other.subject AS same_resident,
    NOT jsonb_path_exists(convert_from(other.line, 'UTF8')::jsonb, '$.told[*].transfer') AS is_whole,
    own.partition = other.partition AND other.ledger_offset > own.ledger_offset AS is_later,
    EXISTS (SELECT FROM hub.told t WHERE t.contract = $1 AND t.change = other.change) AS is_told
FROM (
    SELECT l.change, l.subject, l.partition, l.ledger_offset FROM hub.told t
    JOIN hub.ledger l ON l.change = t.change AND l.partition = t.partition
    WHERE t.contract = $1 AND t.disclosure = $2 ORDER BY l.recorded_at, l.ledger_offset LIMIT 1
) AS own
LEFT JOIN LATERAL (
    SELECT l.change, l.subject, l.partition, l.ledger_offset, l.line FROM hub.ledger l
    WHERE l.change = $3 ORDER BY l.recorded_at, l.ledger_offset LIMIT 1
) AS other ON true
