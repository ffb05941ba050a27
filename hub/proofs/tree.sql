-- name: size
SELECT coalesce(max(leaf), -1) + 1 FROM hub.ledger_leaves

-- name: leaves
SELECT hash FROM hub.ledger_leaves WHERE leaf >= $1 AND leaf < $2 ORDER BY leaf

-- name: nodes
SELECT hash FROM hub.ledger_nodes WHERE level = $1 AND idx >= $2 AND idx < $3 ORDER BY idx

-- name: insert_node
INSERT INTO hub.ledger_nodes (level, idx, hash) VALUES ($1, $2, $3)

-- name: alone
-- One signs at a time; the same first number as for leaves.
SELECT pg_advisory_xact_lock(1786080107, 1)

-- name: last
SELECT size, note, made_at FROM hub.ledger_checkpoints ORDER BY size DESC LIMIT 1

-- name: insert_checkpoint
INSERT INTO hub.ledger_checkpoints (size, note, made_at) VALUES ($1, $2, $3)
