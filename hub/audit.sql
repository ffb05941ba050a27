-- name: note
INSERT INTO hub.audit (person, act, object, code, noted_at, details) VALUES ($1, $2, $3, $4, $5, $6::text::jsonb)

-- name: entries
-- The newest that fit, in the order in which they were written.
SELECT * FROM (
    SELECT a.id, a.person, a.process, coalesce(p.name, 'process:' || a.process) AS name, a.act, a.object, a.code,
        a.noted_at, a.details::text AS details
    FROM hub.audit a LEFT JOIN hub.people p ON p.id = a.person
    WHERE a.noted_at >= $1 AND ($2::text IS NULL OR p.name = $2) AND ($3::text IS NULL OR a.act = $3)
    ORDER BY a.id DESC LIMIT $4
) newest ORDER BY id
