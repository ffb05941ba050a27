-- name: confirming
SELECT disclosure, contract, partition, what, receipt_sha256, confirmed_at FROM hub.confirming
ORDER BY confirmed_at LIMIT 500

-- name: on_the_ledger
DELETE FROM hub.confirming c USING unnest($1::uuid[], $2::text[]) AS s (disclosure, contract)
WHERE c.disclosure = s.disclosure AND c.contract = s.contract
