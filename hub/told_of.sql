-- name: lines
-- Every line of the ledger about one resident, in the order of telling.
SELECT change, book, decided_on, recorded_at, line FROM hub.ledger
WHERE subject = $1 ORDER BY recorded_at, partition, ledger_offset

-- name: releases
SELECT disclosure, contract, contract_hash, items, recorded_at FROM hub.releases
WHERE change = ANY($1::uuid[]) ORDER BY recorded_at

-- name: confirmations
SELECT disclosure, contract, what, confirmed_at FROM hub.confirmations WHERE disclosure = ANY($1::uuid[])
ORDER BY confirmed_at

-- name: undelivered
-- What is still in the inbox: told, and not handed over.
SELECT id AS disclosure, contract FROM inbox.disclosures
WHERE id = ANY($1::uuid[]) AND state IN ('waiting', 'dead')
