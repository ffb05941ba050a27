-- name: size
SELECT coalesce(max(leaf), -1) + 1 FROM hub.{log}_leaves

-- name: leaves
SELECT hash FROM hub.{log}_leaves WHERE leaf >= $1 AND leaf < $2 ORDER BY leaf

-- name: nodes
SELECT hash FROM hub.{log}_nodes WHERE level = $1 AND idx >= $2 AND idx < $3 ORDER BY idx

-- name: insert_node
INSERT INTO hub.{log}_nodes (level, idx, hash) VALUES ($1, $2, $3)

-- name: alone
-- One signs at a time; the same first number as for leaves.
SELECT pg_advisory_xact_lock(1786080107, {lock})

-- name: last
SELECT size, note, made_at FROM hub.{log}_checkpoints ORDER BY size DESC LIMIT 1

-- name: insert_checkpoint
INSERT INTO hub.{log}_checkpoints (size, note, made_at) VALUES ($1, $2, $3)

-- name: between
-- The checkpoints that were signed of more than $1 leaves, $2 at most, and fewer than $3.
SELECT size, note FROM hub.{log}_checkpoints WHERE size > $1 AND size <= $2 AND size < $3
