-- name: offsets
-- Up to where each partition of the ledger is archived.
SELECT partition, next_offset FROM hub.ledger_offsets

-- name: begin_offset
-- A partition that was never read begins at 0; the first record need not have offset 0.
INSERT INTO hub.ledger_offsets (partition, next_offset) VALUES ($1, 0) ON CONFLICT DO NOTHING

-- name: move_offset
-- Compare and set: no row means that somebody else archived these records. Transaction markers leave holes between
-- offsets, so the expected position is at most that of the first record.
UPDATE hub.ledger_offsets SET next_offset = $3 WHERE partition = $1 AND next_offset <= $2

-- name: insert_line
INSERT INTO hub.ledger (partition, ledger_offset, change, digest, subject, book, decided_on, recorded_at, line)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: insert_told
INSERT INTO hub.told (contract, partition, seq, disclosure, change, state, items, contract_hash, token_sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: last_sequences
SELECT contract, partition, max(seq) AS seq FROM hub.told GROUP BY contract, partition

-- name: totals
SELECT contract, count(DISTINCT disclosure) AS told FROM hub.told GROUP BY contract
