-- name: one_at_a_time
SELECT pg_advisory_xact_lock(hashtextextended('reveal ' || $1::text, 0))

-- name: seen
SELECT count(*) FROM inbox.reveals WHERE person = $1 AND at > $2

-- name: count
INSERT INTO inbox.reveals (person, contract, letter, reason, at) VALUES ($1, $2, $3, $4, $5)
