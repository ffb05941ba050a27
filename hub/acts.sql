-- name: order
INSERT INTO hub.acts (id, kind, ordered_at, ordered_by, approved_by, reason, topic, partition, letter, discarded)
VALUES ($1, 'release-quarantined', $2, $3, $4, $5, $6, $7, $8, $9)

-- name: due
-- What was ordered and has not ended, in the order of the orders.
SELECT a.id, a.partition, a.letter, a.discarded FROM hub.acts a
WHERE a.topic = $1 AND a.partition = ANY($2::int[]) AND NOT EXISTS (SELECT FROM hub.act_ends e WHERE e.act = a.id)
ORDER BY a.ordered_at, a.id

-- name: end
-- The first end counts: who carried an act out and could not say so finds that out from the broker, and says it then.
INSERT INTO hub.act_ends (act, ended_at, code, count) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING

-- name: ended
SELECT code, count FROM hub.act_ends WHERE act = $1
