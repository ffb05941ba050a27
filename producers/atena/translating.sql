-- name: numbers
SELECT a.system, a.atena_no, a.number
FROM unnest($1::text[], $2::bytea[]) AS d (system, atena_no) JOIN registry.atena a USING (system, atena_no)

-- name: links
-- Each number asked for, the one that it is merged into at last, and who is linked to that.
WITH RECURSIVE way AS (
    SELECT number AS asked, number, merged_into FROM registry.togo WHERE number = ANY($1::bytea[])
    UNION ALL
    SELECT way.asked, t.number, t.merged_into FROM way JOIN registry.togo t ON t.number = way.merged_into
)
SELECT way.asked, way.number, a.system, a.atena_no
FROM way LEFT JOIN registry.atena a ON a.number = way.number
WHERE way.merged_into IS NULL
ORDER BY way.asked, a.system, a.atena_no

-- name: by_my_number
SELECT number FROM registry.togo WHERE my_number = $1
UNION ALL SELECT number FROM registry.togo_former WHERE my_number = $1 LIMIT 1
