-- name: lines
-- Every line of a change id, the first to be written first.
SELECT partition, ledger_offset, digest, subject, book, decided_on, recorded_at, line FROM hub.ledger
WHERE change = $1 ORDER BY recorded_at, partition, ledger_offset
