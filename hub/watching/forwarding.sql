-- name: begin
INSERT INTO hub.watch_forwarded (partition, next_offset) SELECT part, 0 FROM unnest($1::int[]) AS part
ON CONFLICT DO NOTHING

-- name: pending
-- What is archived and not yet forwarded, the oldest first; $2: how much of each partition at most.
SELECT f.partition, f.next_offset, l.ledger_offset, l.recorded_at, l.line
FROM hub.watch_forwarded f CROSS JOIN LATERAL (
    SELECT l.ledger_offset, l.recorded_at, l.line FROM hub.ledger l
    WHERE l.partition = f.partition AND l.ledger_offset >= f.next_offset ORDER BY l.ledger_offset LIMIT $2
) l
WHERE f.partition = ANY($1::int[]) ORDER BY f.partition, l.ledger_offset

-- name: forwarded
-- Compare and set: where another archive was here before, its place stands; what both have sent is counted once.
UPDATE hub.watch_forwarded SET next_offset = $3 WHERE partition = $1 AND next_offset = $2
