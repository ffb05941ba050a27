-- name: pasts
-- The first line of the change behind each of these disclosures.
SELECT DISTINCT ON (t.disclosure) t.disclosure, t.change, t.partition, l.digest, l.subject, l.decided_on
FROM hub.told t JOIN hub.ledger l ON l.change = t.change AND l.partition = t.partition
WHERE t.contract = $1 AND t.disclosure = ANY($2::uuid[])
ORDER BY t.disclosure, l.recorded_at, l.ledger_offset
