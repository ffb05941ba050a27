-- name: waiting
-- What may go into a file, in the order of arrival, page by page: of each resident as far as the first dead letter.
SELECT d.id, d.subject, d.partition, d.seq, d.position, d.token, d.attempts, d.flagged, r.version AS last_version, d.plan
FROM inbox.disclosures d
LEFT JOIN inbox.residents r ON r.contract = d.contract AND r.subject = d.subject
WHERE d.contract = $1 AND d.state = 'waiting' AND d.position > $2
    AND NOT EXISTS (
        SELECT FROM inbox.disclosures e
        WHERE e.contract = d.contract AND e.subject = d.subject AND e.position < d.position AND e.state = 'dead'
    )
ORDER BY d.position LIMIT $3

-- name: still_waiting
SELECT id, subject, partition, seq, token, attempts, flagged FROM inbox.disclosures
WHERE contract = $1 AND id = ANY($2::uuid[]) AND state = 'waiting'

-- name: as_chosen
SELECT count(*) FROM unnest($2::uuid[], $3::integer[], $4::boolean[]) AS c (id, attempts, flagged)
JOIN inbox.disclosures d ON d.contract = $1 AND d.id = c.id
WHERE d.state = 'waiting' AND d.attempts = c.attempts AND d.flagged = c.flagged

-- name: unfinished
SELECT name, number, kind, day, rows, disclosures, attempts, versions, digest FROM inbox.files
WHERE contract = $1 AND state = 'begun'

-- name: last
-- The last file that readers have.
SELECT number, day, digest FROM inbox.files WHERE contract = $1 AND state = 'settled' ORDER BY number DESC LIMIT 1

-- name: of_day
SELECT count(*) FROM inbox.files WHERE contract = $1 AND state = 'settled' AND day >= $2

-- name: begin
INSERT INTO inbox.files (contract, name, number, kind, day, state, rows, disclosures, attempts, versions, begun_at)
VALUES ($1, $2, $3, $4, $5, 'begun', cardinality($6::uuid[]), $6, $7, $8, $9)

-- name: settled
UPDATE inbox.files SET state = 'settled', digest = $3, ended_at = $4, disclosures = '{}', attempts = '{}', versions = '{}'
WHERE contract = $1 AND name = $2 AND state = 'begun'

-- name: abandon
UPDATE inbox.files SET state = 'abandoned', ended_at = $3, disclosures = '{}', attempts = '{}', versions = '{}'
WHERE contract = $1 AND name = $2 AND state = 'begun'

-- name: garbage
-- Files that were given up within the last days: what was still on its way to the storage then may have come since.
SELECT name FROM inbox.files WHERE contract = $1 AND state = 'abandoned' AND ended_at > $2

-- name: publishing
-- On the connection that holds the lock: it answers only while that is so. What is put next has this digest.
UPDATE inbox.files SET digest = $3 WHERE contract = $1 AND name = $2 AND state = 'begun'

-- name: decided
-- How many of these Changes the ledger has a line of.
SELECT count(DISTINCT change) FROM hub.ledger WHERE change = ANY($1::uuid[])

-- name: told
SELECT DISTINCT disclosure FROM hub.told WHERE contract = $1 AND disclosure = ANY($2::uuid[])

-- name: states
SELECT state FROM inbox.disclosures WHERE contract = $1 AND id = ANY($2::uuid[])
