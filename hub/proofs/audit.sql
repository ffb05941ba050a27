-- name: lines
-- Entries in the order of their leaves, as they are now; null where a leaf has none.
SELECT f.leaf, f.hash, CASE WHEN a.id IS NOT NULL THEN hub.audit_line(a) END AS line
FROM hub.audit_leaves f LEFT JOIN hub.audit a ON a.id = f.entry
WHERE f.leaf >= $1 AND f.leaf < $2 ORDER BY f.leaf

-- name: found
-- The leaf of an entry.
SELECT leaf FROM hub.audit_leaves WHERE entry = $1
