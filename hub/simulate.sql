-- name: beginnings
-- Where each partition of the period begins.
SELECT partition, min(ledger_offset) AS ledger_offset FROM hub.ledger WHERE recorded_at >= $1
GROUP BY partition ORDER BY partition

-- name: page
-- The next lines of a partition, in order, up to but not including an offset. A repeat was told before, under the same ids.
SELECT partition, ledger_offset, change, digest, book, decided_on, recorded_at, line,
       EXISTS (SELECT FROM hub.ledger AS earlier WHERE earlier.change = own.change AND earlier.digest = own.digest
               AND earlier.partition = own.partition AND earlier.ledger_offset < own.ledger_offset) AS repeat
FROM hub.ledger AS own WHERE partition = $1 AND ledger_offset >= $2 AND ledger_offset < $3
ORDER BY ledger_offset LIMIT 1000

-- name: lines_of
-- Where the ledger names any of these changes.
SELECT ledger_offset, change, digest FROM hub.ledger
WHERE partition = $1 AND ledger_offset >= $2 AND change = ANY($3::uuid[]) ORDER BY ledger_offset
