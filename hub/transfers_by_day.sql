-- name: one_at_a_time
-- Whoever begins an order of this contract waits here until the one before is written down, or was refused.
SELECT pg_advisory_xact_lock(hashtextextended('transfer ' || $1::text, 0))

-- name: spent
-- Residents of other orders of this contract that were run on this day: of who has asked for the order $3, or of $4 who
-- runs it, whichever has more. An order is a person's who asked for it, or who ran it; it counts once.
SELECT coalesce(max(total), 0)::bigint FROM (
    SELECT sum(residents) AS total FROM (
        SELECT DISTINCT person, t.request, cardinality(t.subjects) AS residents
        FROM hub.transfers_by_day d
        JOIN hub.transfers t ON t.request = d.request
        JOIN hub.requests r ON r.id = d.request
        JOIN (SELECT requested_by FROM hub.requests WHERE id = $3 UNION SELECT $4::uuid) AS concerned (person)
            ON person IN (r.requested_by, d.run_by)
        WHERE d.day = $2 AND t.contract = $1 AND d.request <> $3
    ) AS orders GROUP BY person
) AS totals

-- name: count
INSERT INTO hub.transfers_by_day (day, request, run_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
