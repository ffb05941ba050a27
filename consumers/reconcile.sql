-- name: expected
-- How many residents the counterpart should hold a record of: those of whom the last that has reached it said that they
-- are there. What has not reached it (waits, is a dead letter, was closed or overtaken) is left out; what was never
-- delivered because its key was destroyed is not, so that it is seen here.
SELECT count(*) FROM (
    SELECT DISTINCT ON (l.subject) t.state
    FROM hub.told t
    JOIN hub.ledger l ON l.change = t.change AND l.partition = t.partition
    LEFT JOIN inbox.disclosures d ON d.contract = t.contract AND d.id = t.disclosure
    WHERE t.contract = $1 AND coalesce(d.state, 'delivered') IN ('delivered', 'erased')
    ORDER BY l.subject, t.seq DESC
) AS last WHERE last.state IN ('entered', 'inside')

-- name: note
INSERT INTO inbox.reconciliations (contract, at, expected, held, unsettled) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING

-- name: last
SELECT contract, at, expected, held, unsettled FROM inbox.reconciliations WHERE contract = $1 ORDER BY at DESC LIMIT 1
