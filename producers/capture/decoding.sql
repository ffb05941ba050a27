-- name: hold
-- One reader of a slot at a time, until this transaction ends; the first number says "slot" (ASCII).
SELECT pg_try_advisory_xact_lock(1936486260, hashtext($1))

-- name: done_up_to
SELECT lsn FROM registry.captured WHERE slot = $1

-- name: versions
SELECT resident, version FROM registry.captured_version WHERE resident = ANY($1::uuid[])

-- name: behind
-- Of whom something waits in the outbox, because they are halted or were: what comes next goes behind it.
SELECT resident FROM registry.halted WHERE resident = ANY($1::uuid[])
UNION SELECT resident FROM registry.outbox WHERE resident = ANY($1::uuid[])

-- name: remember
INSERT INTO registry.captured (slot, lsn) VALUES ($1, $2)
ON CONFLICT (slot) DO UPDATE SET lsn = excluded.lsn

-- name: set_versions
INSERT INTO registry.captured_version (resident, version) SELECT * FROM unnest($1::uuid[], $2::bigint[])
ON CONFLICT (resident) DO UPDATE SET version = excluded.version

-- name: halt
INSERT INTO registry.halted (resident, code) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: peek
-- Whole transactions, at least so many rows where there are as many; they stay in the slot.
SELECT data FROM pg_logical_slot_peek_binary_changes(
    $1::name, NULL, $2::int, 'proto_version', '1', 'publication_names', $3::text
)

-- name: advance
-- Beyond what the slot has already: a repeat after a crash may come late, and then does nothing.
SELECT pg_replication_slot_advance(slot_name, ('0/0'::pg_lsn + $2::numeric))
FROM pg_replication_slots WHERE slot_name = $1 AND confirmed_flush_lsn < ('0/0'::pg_lsn + $2::numeric)
