-- name: gaps
-- Where the sequence of a contract had a hole, noticed since $1.
SELECT contract, count(*) AS count FROM inbox.gaps WHERE noticed_at >= $1 GROUP BY contract ORDER BY contract
