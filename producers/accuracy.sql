-- name: registered
-- Everybody on the register, household by household, a page at a time, each with the last Change where there is one
-- (a first load has a version and no body, because it changes nothing).
SELECT r.resident, r.version, r.atena_no, r.household_no, r.my_number, r.protected, r.record, h.head, l.version AS told,
       l.body
FROM registry.resident AS r JOIN registry.household AS h USING (household_no)
LEFT JOIN LATERAL (
    SELECT max(i.version) AS version, (
        SELECT body FROM registry.history AS b WHERE b.resident = r.resident AND b.body IS NOT NULL
        ORDER BY b.version DESC LIMIT 1
    ) AS body FROM registry.history AS i WHERE i.resident = r.resident
) AS l ON true
WHERE r.status = 'registered' AND (r.household_no, r.resident) > ($1, $2)
ORDER BY r.household_no, r.resident LIMIT $3

-- name: removed
-- Everybody who was on the register, each with the last Change.
SELECT r.resident, r.version, r.atena_no, r.record, l.version AS told, l.body
FROM registry.resident AS r
LEFT JOIN LATERAL (
    SELECT max(i.version) AS version, (
        SELECT body FROM registry.history AS b WHERE b.resident = r.resident AND b.body IS NOT NULL
        ORDER BY b.version DESC LIMIT 1
    ) AS body FROM registry.history AS i WHERE i.resident = r.resident
) AS l ON true
WHERE r.status = 'removed' AND r.resident > $1
ORDER BY r.resident LIMIT $2

-- name: deserted
-- Households that name a head and have nobody in them.
SELECT count(*) FROM registry.household AS h
WHERE h.head IS NOT NULL AND NOT EXISTS (
    SELECT FROM registry.resident AS r WHERE r.household_no = h.household_no AND r.status = 'registered'
)

-- name: planned
-- The last planned move-out of everybody who is still on the register.
SELECT DISTINCT ON (h.resident) h.resident, h.body, r.record
FROM registry.history AS h JOIN registry.resident AS r USING (resident)
WHERE h.kind = 'MOVE_OUT_PLANNED' AND r.status = 'registered'
ORDER BY h.resident, h.version DESC

-- name: digested
-- Everybody on the register, a page at a time.
SELECT resident, record FROM registry.resident WHERE status = 'registered' AND resident > $1
ORDER BY resident LIMIT $2
