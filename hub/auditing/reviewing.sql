-- name: page
-- Entries of a time, in its order; what lies in one moment is told apart by its number.
SELECT a.id, a.person, a.process, coalesce(p.name, 'process:' || a.process) AS name, a.act, a.object, a.code,
    a.noted_at, a.details::text AS details
FROM hub.audit a LEFT JOIN hub.people p ON p.id = a.person
WHERE (a.noted_at, a.id) > ($1, $2) AND a.noted_at < $3 ORDER BY a.noted_at, a.id LIMIT $4

-- name: usual
-- How much each person did in each of the weeks between $1 and $2.
SELECT p.name, count(*) AS count
FROM hub.audit a JOIN hub.people p ON p.id = a.person
WHERE a.noted_at >= $1 AND a.noted_at < $2 AND a.code = $3
GROUP BY p.name, floor(extract(epoch FROM $2::timestamptz - a.noted_at) / 604800)

-- name: askers
-- Who has made these ids, by the acts that ask.
SELECT made.id, min(p.name) AS name
FROM hub.audit a JOIN hub.people p ON p.id = a.person
CROSS JOIN LATERAL (VALUES (a.object), (a.details ->> 'request'), (a.details ->> 'plan')) AS made (id)
WHERE a.noted_at >= $1 AND a.noted_at < $2 AND a.code = $3 AND a.act = ANY($4::text[]) AND made.id = ANY($5::text[])
GROUP BY made.id

-- name: in_no_tree
SELECT a.id FROM hub.audit a
WHERE a.noted_at >= $1 AND a.noted_at < $2 AND NOT EXISTS (SELECT FROM hub.audit_leaves f WHERE f.entry = a.id)
ORDER BY a.id

-- name: ended_later
-- Which of these beginnings have an end after $2 and no other beginning of the same before it.
SELECT b.id FROM hub.audit b JOIN LATERAL (
    SELECT a.code FROM hub.audit a
    WHERE a.person = b.person AND a.noted_at >= $2 AND a.noted_at < $2::timestamptz + $3::interval
        AND a.act = b.act AND a.object = b.object
        AND a.code <> ALL($4::text[])
    ORDER BY a.noted_at, a.id LIMIT 1
) next ON next.code <> $5
WHERE b.id = ANY($1::bigint[])

-- name: another_time
-- What persons wrote between $1 and $2 and dated otherwise; what lay there before the clock was kept has none.
SELECT a.id, p.name FROM hub.audit a JOIN hub.people p ON p.id = a.person
WHERE a.written_at >= $1 AND a.written_at < $2
    AND a.noted_at - a.written_at NOT BETWEEN interval '-10 minutes' AND interval '10 minutes'
ORDER BY a.id

-- name: first
SELECT min(noted_at) FROM hub.audit

-- name: signed
SELECT r.week, r.digest, r.listed, r.signed_at, p.name FROM hub.audit_reviews r JOIN hub.people p ON p.id = r.signed_by
ORDER BY r.week, r.signed_at

-- name: sign
INSERT INTO hub.audit_reviews (week, digest, listed, signed_by, signed_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (week, digest) DO NOTHING
