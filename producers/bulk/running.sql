-- name: enter
-- 0 rows: this order is known.
INSERT INTO registry.bulk_order (order_no, kind, digest, begun_at, moved_at) VALUES ($1, $2, $3, $4, $4)
ON CONFLICT DO NOTHING

-- name: digest
SELECT digest FROM registry.bulk_order WHERE order_no = $1

-- name: take
-- First lock of a step: a second process that carries out the same order waits here, and finds it moved on.
SELECT sweep, position, in_sweep, ended_at FROM registry.bulk_order WHERE order_no = $1 FOR UPDATE

-- name: advance
UPDATE registry.bulk_order
SET sweep = $2, position = $3, in_sweep = $4, changed = changed + $5, already = already + $6, moved_at = $7,
    ended_at = $8
WHERE order_no = $1

-- name: refuse
INSERT INTO registry.bulk_refused (order_no, place, code) SELECT $1, place, code
FROM unnest($2::text[], $3::text[]) AS d (place, code)
ON CONFLICT DO NOTHING

-- name: registered
-- Everybody behind a household, a page at a time. Not locked: who is concerned is read again behind a lock.
SELECT resident, household_no, record FROM registry.resident WHERE status = 'registered' AND household_no > $1
ORDER BY household_no, resident LIMIT $2

-- name: named
SELECT atena_no, record FROM registry.resident WHERE status = 'registered' AND atena_no = ANY($1::bytea[])

-- name: waiting
-- How long the outbox is, counted no further than asked.
SELECT count(*) FROM (SELECT FROM registry.outbox LIMIT $1) AS o

-- name: status
SELECT o.order_no, o.kind, o.sweep, o.changed, o.already, o.begun_at, o.moved_at, o.ended_at
FROM registry.bulk_order AS o WHERE $1::text IS NULL OR o.order_no = $1 ORDER BY o.begun_at, o.order_no

-- name: refused
SELECT place, code FROM registry.bulk_refused WHERE order_no = $1 ORDER BY place
