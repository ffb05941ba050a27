-- name: slot
-- Logical slots belong to a database: one of the same name elsewhere would read another registry.
SELECT EXISTS (
    SELECT FROM pg_replication_slots
    WHERE slot_name = $1 AND plugin = 'pgoutput' AND database = current_database()
)
