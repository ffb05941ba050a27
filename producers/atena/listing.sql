-- name: without_my_number
SELECT number FROM registry.togo WHERE my_number IS NULL AND merged_into IS NULL AND number > $1
ORDER BY number LIMIT $2

-- name: alike
-- Who is like these; each pair of numbers once, with the first two links of theirs that are alike.
SELECT DISTINCT ON (a.number, b.number)
    a.number, a.system, a.atena_no, a.identity,
    b.number AS other, b.system AS other_system, b.atena_no AS other_atena_no, b.identity AS other_identity
FROM registry.atena a
JOIN registry.atena b ON b.alike = a.alike AND b.number <> a.number
JOIN registry.togo o ON o.number = b.number
WHERE a.number = ANY($1::bytea[]) AND (o.my_number IS NOT NULL OR a.number < b.number)
  AND NOT EXISTS (SELECT FROM registry.togo_apart p WHERE p.number = a.number AND p.other = b.number)
ORDER BY a.number, b.number, a.system, a.atena_no, b.system, b.atena_no

-- name: trail
SELECT t.*, r.requested_name, r.reason FROM registry.togo_trail t LEFT JOIN registry.togo_request r ON r.id = t.request
WHERE t.place > $1 ORDER BY t.place LIMIT $2

-- name: to_tell
SELECT place, 'allotted' AS event, number, NULL::bytea AS other FROM registry.togo WHERE place > $1
UNION ALL SELECT place, event, number, other FROM registry.togo_trail WHERE place > $1
ORDER BY place LIMIT $2
