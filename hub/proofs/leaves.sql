-- name: alone
-- One transaction at a time gives out numbers, whichever way it ends; the first number says "leaf" (ASCII juki + 2).
SELECT pg_advisory_xact_lock(1786080107, 0)

-- name: grow
-- What is archived of a partition behind its last leaf becomes leaves, in the order of the topic. Begun after the lock
-- is held, so that it sees every number that was given out.
INSERT INTO hub.ledger_leaves (leaf, partition, ledger_offset, hash)
SELECT (SELECT coalesce(max(leaf), -1) FROM hub.ledger_leaves) + row_number() OVER (ORDER BY found.ledger_offset),
    $1, found.ledger_offset, sha256('\x00'::bytea || found.line)
FROM (
    SELECT every.ledger_offset, every.line
    FROM (SELECT coalesce(max(ledger_offset), -1) AS ledger_offset FROM hub.ledger_leaves WHERE partition = $1) last
    CROSS JOIN LATERAL (
        (SELECT l.ledger_offset, l.line FROM hub.ledger l
            WHERE l.partition = $1 AND l.ledger_offset > last.ledger_offset ORDER BY l.ledger_offset LIMIT $2)
        UNION ALL
        (SELECT r.ledger_offset, r.line FROM hub.releases r
            WHERE r.partition = $1 AND r.ledger_offset > last.ledger_offset ORDER BY r.ledger_offset LIMIT $2)
        UNION ALL
        (SELECT c.ledger_offset, c.line FROM hub.confirmations c
            WHERE c.partition = $1 AND c.ledger_offset > last.ledger_offset ORDER BY c.ledger_offset LIMIT $2)
    ) every
    ORDER BY every.ledger_offset LIMIT $2
) found
