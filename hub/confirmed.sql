-- name: confirming
-- The oldest of each partition, so that one which takes none does not fill the batch.
SELECT c.disclosure, c.contract, c.partition, c.what, c.receipt_sha256, c.confirmed_at FROM (
    SELECT *, row_number() OVER (PARTITION BY partition ORDER BY confirmed_at) AS nth FROM hub.confirming
) AS c
WHERE c.nth <= 100 ORDER BY c.confirmed_at

-- name: on_the_ledger
DELETE FROM hub.confirming c USING unnest($1::uuid[], $2::text[]) AS s (disclosure, contract)
WHERE c.disclosure = s.disclosure AND c.contract = s.contract

-- name: note
INSERT INTO hub.confirming (disclosure, contract, partition, what, receipt_sha256, confirmed_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
