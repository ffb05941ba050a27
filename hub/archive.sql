-- name: begin_offset
-- A row for every partition, so that compare-and-set has something to compare.
INSERT INTO hub.ledger_offsets (partition, next_offset) VALUES ($1, 0) ON CONFLICT DO NOTHING

-- name: offsets
-- Up to where each partition of the ledger is archived.
SELECT partition, next_offset FROM hub.ledger_offsets WHERE partition = ANY($1::int[])

-- name: move_offset
-- Compare and set: no row means that somebody else archived these records.
UPDATE hub.ledger_offsets SET next_offset = $3 WHERE partition = $1 AND next_offset = $2

-- name: reused
-- Change ids of this poll that stand in the ledger with more than one digest.
SELECT change FROM hub.ledger WHERE change = ANY($1::uuid[]) GROUP BY change HAVING count(DISTINCT digest) > 1

-- name: insert_line
INSERT INTO hub.ledger (partition, ledger_offset, change, digest, subject, book, decided_on, recorded_at, line)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: insert_told
INSERT INTO hub.told (contract, partition, seq, disclosure, change, state, items, contract_hash, token_sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: insert_release
-- A run that was cut off writes the same line again: the first one counts.
INSERT INTO hub.releases (
    partition, ledger_offset, plan, disclosure, change, contract, contract_hash, state, items, token_sha256,
    requested_by, approved_by, recorded_at, line
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (plan, disclosure) DO NOTHING

-- name: insert_confirmation
-- A keeper that was cut off writes the same line again: the first one counts.
INSERT INTO hub.confirmations (
    partition, ledger_offset, disclosure, contract, what, receipt_sha256, confirmed_at, line
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (disclosure, contract) DO NOTHING

-- name: last_sequences
-- two steps of the index for each contract and partition, however many lines there are
WITH RECURSIVE place AS (
    (SELECT contract, partition FROM hub.told ORDER BY contract, partition LIMIT 1)
    UNION ALL
    SELECT beyond.contract, beyond.partition FROM place CROSS JOIN LATERAL (
        SELECT t.contract, t.partition FROM hub.told t
        WHERE (t.contract, t.partition) > (place.contract, place.partition) ORDER BY t.contract, t.partition LIMIT 1
    ) beyond
)
SELECT contract, partition,
    (SELECT max(seq) FROM hub.told t WHERE t.contract = place.contract AND t.partition = place.partition) AS seq
FROM place

-- name: totals
SELECT contract, count(DISTINCT disclosure) AS told FROM hub.told GROUP BY contract
