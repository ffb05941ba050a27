-- name: expected
-- How many residents the counterpart should hold a record of: those of whom the last that has reached it said that they
-- are there.
SELECT count(*) FROM inbox.last_arrived WHERE contract = $1 AND state IN ('entered', 'inside')

-- name: note
INSERT INTO inbox.reconciliations (contract, at, expected, held, unsettled) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING

-- name: last
SELECT contract, at, expected, held, unsettled FROM inbox.reconciliations WHERE contract = $1 ORDER BY at DESC LIMIT 1
