-- name: letters
-- Every dead letter with how many disclosures of its resident wait behind it.
SELECT d.id, d.contract, d.code, d.settled_at AS since, d.attempts,
    (SELECT count(*) FROM inbox.disclosures f
     WHERE f.contract = d.contract AND f.subject = d.subject AND f.state = 'waiting' AND f.position > d.position) AS behind
FROM inbox.disclosures d
WHERE d.state = 'dead' AND ($1::text IS NULL OR d.contract = $1)
ORDER BY d.contract, d.code, d.position
