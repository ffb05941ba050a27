-- name: waiting_behind
-- What waits behind a dead letter of these residents; locked, so that nobody hands it over meanwhile. What a plan has
-- released and what then came to stand behind a letter that died again waits as everybody does, and is among it.
SELECT id, token FROM inbox.disclosures
WHERE contract = $1 AND subject = ANY($2::bytea[]) AND state = 'waiting' AND EXISTS (
    SELECT FROM inbox.disclosures e
    WHERE e.contract = disclosures.contract AND e.subject = disclosures.subject AND e.state = 'dead'
        AND e.position < disclosures.position
)
ORDER BY position FOR UPDATE

-- name: park
UPDATE inbox.disclosures
SET state = 'dead', code = 'decide-again', settled_at = $3, mirrored_at = NULL,
    first_failed_at = coalesce(first_failed_at, $3)
WHERE contract = $1 AND id = ANY($2::uuid[]) AND state = 'waiting'
