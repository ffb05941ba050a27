-- name: request
INSERT INTO hub.requests
    (id, requested_by, requested_at, expires_at, reason, topic, partition, letter, discarded)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: one
-- What somebody has asked for whose account is no longer in use, is void.
SELECT r.*, p.name FROM hub.requests r JOIN hub.people p ON p.id = r.requested_by
WHERE r.id = $1 AND r.topic = $2 AND p.retired_at IS NULL

-- name: waiting
-- What another person has yet to approve, in the order in which it was asked for.
SELECT r.*, p.name FROM hub.requests r JOIN hub.people p ON p.id = r.requested_by
WHERE r.topic = $1 AND r.expires_at > $2 AND p.retired_at IS NULL AND NOT EXISTS (SELECT FROM hub.acts a WHERE a.request = r.id)
ORDER BY r.requested_at, r.id

-- name: approve
-- Of two who approve at once, one does. The act has the id of its request. Whoever has asked is in office and has one
-- of the duties $6 until it is written: an account that is retired at the same moment waits for this, or stops it.
INSERT INTO hub.acts (
    id, kind, ordered_at, ordered_by, approved_by, reason, topic, partition, letter, discarded,
    request, orderer, approver
)
SELECT r.id, $5, $3, p.name, $4, r.reason, r.topic, r.partition, r.letter, r.discarded,
    r.id, r.requested_by, $2
FROM hub.requests r JOIN hub.people p ON p.id = r.requested_by
WHERE r.id = $1 AND r.expires_at > $3 AND p.retired_at IS NULL AND p.duties && $6::text[]
FOR SHARE OF p
ON CONFLICT DO NOTHING

-- name: due
-- What was approved and has not ended, in that order.
SELECT a.id, a.partition, a.letter, a.discarded FROM hub.acts a
WHERE a.topic = $1 AND a.partition = ANY($2::int[]) AND NOT EXISTS (SELECT FROM hub.act_ends e WHERE e.act = a.id)
ORDER BY a.ordered_at, a.id

-- name: end
-- The first end counts: who carried an act out and could not say so finds that out from the broker, and says it then.
INSERT INTO hub.act_ends (act, ended_at, code, count) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING

-- name: ended
SELECT code, count FROM hub.act_ends WHERE act = $1
