-- name: lock
-- The last lock of every transaction that takes it, so nobody who holds it waits for anything.
SELECT pg_advisory_xact_lock(hashtext('registry.togo'))

-- name: linked
SELECT s.* FROM registry.togo_state s
WHERE s.number = (SELECT number FROM registry.atena WHERE system = $1 AND atena_no = $2)

-- name: holder
-- Whoever has this 個人番号, or had it until it was replaced.
SELECT s.* FROM registry.togo_state s
WHERE s.number = (SELECT number FROM registry.togo WHERE my_number = $1
                  UNION ALL SELECT number FROM registry.togo_former WHERE my_number = $1 LIMIT 1)

-- name: state
SELECT s.* FROM registry.togo_state s WHERE s.number = $1

-- name: draw
SELECT nextval('registry.togo_atena_no_seq')

-- name: allot
-- 0 rows: somebody has been given this number already.
INSERT INTO registry.togo (number, my_number, allotted_at) VALUES ($1, $2, $3) ON CONFLICT (number) DO NOTHING

-- name: link
-- 0 rows: this 宛名番号 is somebody's already.
INSERT INTO registry.atena (system, atena_no, number, outsider, receipt, asked, identity, alike)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING

-- name: restate
UPDATE registry.atena SET identity = $3, alike = $4 WHERE system = $1 AND atena_no = $2 AND identity <> $3

-- name: keep_former
INSERT INTO registry.togo_former (my_number, number)
SELECT my_number, number FROM registry.togo WHERE number = $1 AND my_number IS NOT NULL
ON CONFLICT DO NOTHING

-- name: not_former
DELETE FROM registry.togo_former WHERE my_number = $1

-- name: set_my_number
UPDATE registry.togo SET my_number = $2 WHERE number = $1

-- name: end
-- From now on answered as merged; its 個人番号 is free to go with its person.
UPDATE registry.togo SET merged_into = $2, my_number = NULL WHERE number = $1 AND merged_into IS NULL

-- name: move_links
UPDATE registry.atena SET number = $2 WHERE number = $1

-- name: move_former
UPDATE registry.togo_former SET number = $2 WHERE number = $1

-- name: receipt
-- What the same receipt has brought.
SELECT atena_no, number, asked FROM registry.atena WHERE receipt = $1

-- name: of_the_city
-- The 宛名番号 of the city itself that somebody has: the register's, else one of the range of 住登外者.
SELECT atena_no FROM registry.atena WHERE number = $1 AND (system = 'juki' OR outsider)
ORDER BY outsider, atena_no LIMIT 1

-- name: draw_outsider
SELECT nextval('registry.outsider_no_seq')

-- name: links
SELECT number, system, atena_no FROM registry.atena WHERE number = ANY($1::bytea[]) ORDER BY number, system, atena_no

-- name: note
INSERT INTO registry.togo_trail (event, at, number, other, request, approved_by, approved_name, before, after)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: are_apart
SELECT EXISTS (SELECT FROM registry.togo_apart WHERE number = $1 AND other = $2)

-- name: no_longer_apart
-- Whom two persons have joined again.
DELETE FROM registry.atena_apart p USING registry.atena a, registry.atena b
WHERE a.number = $1 AND b.number = $1 AND a.system = p.system AND a.atena_no = p.atena_no
  AND b.system = p.other_system AND b.atena_no = p.other_atena_no

-- name: merged_into
SELECT merged_into FROM registry.togo WHERE number = $1

-- name: residents
-- Who of the register is linked to these numbers, also those who have left.
SELECT r.resident FROM registry.atena a JOIN registry.resident r ON r.atena_no = a.atena_no
WHERE a.system = 'juki' AND a.number = ANY($1::bytea[])

-- name: move_some
UPDATE registry.atena a SET number = $1
FROM unnest($2::text[], $3::bytea[]) AS d (system, atena_no)
WHERE a.system = d.system AND a.atena_no = d.atena_no

-- name: my_number
SELECT my_number FROM registry.togo WHERE number = $1

-- name: reopen
UPDATE registry.togo SET merged_into = NULL WHERE number = $1

-- name: take_apart
INSERT INTO registry.atena_apart (system, atena_no, other_system, other_atena_no)
SELECT a.system, a.atena_no, b.system, b.atena_no FROM registry.atena a, registry.atena b
WHERE (a.number, b.number) IN (($1, $2), ($2, $1)) ON CONFLICT DO NOTHING

-- name: records
-- Everybody on the register who is linked to these numbers, with the record; the caller holds their locks.
SELECT r.resident, r.record, a.number FROM registry.atena a JOIN registry.resident r ON r.atena_no = a.atena_no
WHERE a.system = $2 AND a.number = ANY($1::bytea[]) AND r.status = 'registered' ORDER BY r.resident

-- name: set_record
UPDATE registry.resident SET record = $2 WHERE resident = $1

-- name: is_done
SELECT EXISTS (SELECT FROM registry.togo_trail WHERE request = $1)
