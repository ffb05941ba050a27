-- name: lines
-- Archived lines in the order of their leaves; null where a leaf has no line.
SELECT f.leaf, f.hash, coalesce(l.line, r.line, c.line) AS line
FROM hub.ledger_leaves f
LEFT JOIN hub.ledger l ON l.partition = f.partition AND l.ledger_offset = f.ledger_offset
LEFT JOIN hub.releases r ON r.partition = f.partition AND r.ledger_offset = f.ledger_offset
LEFT JOIN hub.confirmations c ON c.partition = f.partition AND c.ledger_offset = f.ledger_offset
WHERE f.leaf >= $1 AND f.leaf < $2 ORDER BY f.leaf

-- name: found
-- The leaves of everything that is archived of a change, or of the change that a disclosure came of.
WITH change AS (
    SELECT $1::uuid AS id UNION SELECT change FROM hub.told WHERE disclosure = $1
), place AS (
    SELECT l.partition, l.ledger_offset FROM hub.ledger l JOIN change ON l.change = change.id
    UNION ALL
    SELECT r.partition, r.ledger_offset FROM hub.releases r JOIN change ON r.change = change.id
        WHERE r.change = $1 OR r.disclosure = $1
    UNION ALL
    SELECT c.partition, c.ledger_offset FROM hub.confirmations c WHERE c.disclosure = $1 OR c.disclosure IN (
        SELECT t.disclosure FROM hub.told t JOIN hub.ledger l ON l.change = t.change AND l.partition = t.partition
        WHERE l.change = $1
    )
)
SELECT f.leaf FROM place JOIN hub.ledger_leaves f USING (partition, ledger_offset) ORDER BY f.leaf
