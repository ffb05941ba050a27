-- name: whereabouts
-- Which households are concerned: of those named, and of whoever has one of these 個人番号. Not locked yet.
SELECT resident, household_no FROM registry.resident
WHERE atena_no = ANY($1::bytea[]) OR my_number = ANY($2::bytea[]) OR resident = ANY($3::uuid[])

-- name: together
-- What was recorded under the same notice as this Change; recorded without a notice, the Change alone.
SELECT h.resident, h.body, d.changes
FROM (
    SELECT coalesce((SELECT changes FROM registry.notice WHERE changes @> ARRAY[$1::uuid]), ARRAY[$1::uuid]) AS changes
) AS d
JOIN registry.history AS h ON h.change = ANY(d.changes) AND h.body IS NOT NULL

-- name: numbers_first
-- Two notices that bring the same 個人番号 wait for each other here, before either has locked anything else.
SELECT pg_advisory_xact_lock(hashtextextended(encode(d.my_number, 'hex'), 0))
FROM unnest($1::bytea[]) AS d (my_number)

-- name: lock_households
-- First lock of every act, in one order; a household that is only being founded has no row yet.
SELECT household_no FROM registry.household WHERE household_no = ANY($1::bytea[]) ORDER BY household_no FOR UPDATE

-- name: lock_people
-- Second lock, in one order: everybody in those households, and those named who are in none.
SELECT resident, household_no, status, record FROM registry.resident
WHERE household_no = ANY($1::bytea[]) OR resident = ANY($2::uuid[])
ORDER BY resident FOR UPDATE

-- name: past
-- Everything that was recorded about them, the oldest first; but for first loads and birthdays, which change nothing.
SELECT change, resident, kind, body FROM registry.history
WHERE resident = ANY($1::uuid[]) AND kind NOT IN ('SNAPSHOT', 'POPULATION_REVIEW') ORDER BY resident, version

-- name: allot
-- Numbers that nobody has had. A refused notice leaves gaps, which do no harm.
SELECT nextval('registry.atena_no_seq') AS atena_no, nextval('registry.togo_atena_no_seq') AS togo_atena_no
FROM generate_series(1, $1::int)

-- name: allot_household
SELECT nextval('registry.household_no_seq')

-- name: add_household
INSERT INTO registry.household (household_no) VALUES ($1) ON CONFLICT DO NOTHING

-- name: add_resident
-- 0 rows: somebody with this number is on file already.
INSERT INTO registry.resident (resident, atena_no, household_no, my_number, status, protected, record)
VALUES ($1, $2, $3, $4, 'registered', $5, $6)
ON CONFLICT DO NOTHING

-- name: set_record
UPDATE registry.resident
SET atena_no = $2, household_no = $3, my_number = $4, status = 'registered', protected = $5, record = $6
WHERE resident = $1

-- name: remove
-- The last record stays (除票, 150 years, 住基令34条1項).
UPDATE registry.resident SET household_no = NULL, status = 'removed', record = $2 WHERE resident = $1

-- name: settle_heads
-- One head per household, always; null where nobody is left.
UPDATE registry.household AS h SET head = d.head
FROM unnest($1::bytea[], $2::uuid[]) AS d (household_no, head)
WHERE h.household_no = d.household_no

-- name: notice_first
-- 1 row: this receipt is new, and everybody else with it waits for us. 0 rows: it has been accepted before.
INSERT INTO registry.notice (receipt, body, filed_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING

-- name: notice_done
UPDATE registry.notice SET changes = $2 WHERE receipt = $1

-- name: notice_before
SELECT body, changes FROM registry.notice WHERE receipt = $1
