-- name: alike
-- Pairs of numbers, each once, of which at least one has no 個人番号; of two links that are alike the first is shown.
SELECT DISTINCT ON (p.number, p.other) p.* FROM (
    SELECT least(a.number, b.number) AS number, greatest(a.number, b.number) AS other,
        CASE WHEN a.number < b.number THEN a.system ELSE b.system END AS system,
        CASE WHEN a.number < b.number THEN a.atena_no ELSE b.atena_no END AS atena_no,
        CASE WHEN a.number < b.number THEN a.identity ELSE b.identity END AS identity,
        CASE WHEN a.number < b.number THEN b.system ELSE a.system END AS other_system,
        CASE WHEN a.number < b.number THEN b.atena_no ELSE a.atena_no END AS other_atena_no,
        CASE WHEN a.number < b.number THEN b.identity ELSE a.identity END AS other_identity
    FROM registry.togo t
    JOIN registry.atena a ON a.number = t.number
    JOIN registry.atena b ON b.alike = a.alike AND b.number <> a.number
    WHERE t.my_number IS NULL AND t.merged_into IS NULL
      AND NOT EXISTS (SELECT FROM registry.togo_apart p WHERE p.number = t.number AND p.other = b.number)
) AS p
WHERE (p.number, p.other) > ($1, $2)
ORDER BY p.number, p.other, p.system, p.atena_no, p.other_system, p.other_atena_no LIMIT $3

-- name: trail
SELECT t.*, r.requested_name, r.reason FROM registry.togo_trail t LEFT JOIN registry.togo_request r ON r.id = t.request
WHERE t.place > $1 ORDER BY t.place LIMIT $2

-- name: to_tell
SELECT place, 'allotted' AS event, number, NULL::bytea AS other FROM registry.togo WHERE place > $1
UNION ALL SELECT place, event, number, other FROM registry.togo_trail WHERE place > $1
ORDER BY place LIMIT $2
