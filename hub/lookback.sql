-- name: lines
-- Every line of a change id, the first to be written first.
SELECT partition, ledger_offset, digest, subject, book, decided_on, recorded_at, line FROM hub.ledger
WHERE change = $1 ORDER BY recorded_at, partition, ledger_offset

-- name: releases
-- What replays have released once more of a change, in the order of the ledger's lines.
SELECT contract, items, contract_hash, disclosure, plan, requested_by, approved_by, recorded_at FROM hub.releases
WHERE change = $1 ORDER BY recorded_at, partition, ledger_offset

-- name: confirmations
SELECT contract, what, confirmed_at, receipt_sha256 FROM hub.confirmations
WHERE disclosure = ANY($1::uuid[]) ORDER BY confirmed_at

-- name: operation
-- An operation of the city is confirmed under the id of its request, of which nobody was told.
SELECT contract, what, confirmed_at, receipt_sha256 FROM hub.confirmations c
WHERE disclosure = $1 AND NOT EXISTS (SELECT FROM hub.told t WHERE t.disclosure = c.disclosure)
