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

-- name: put_off
-- Who is due and waits behind a dead letter need not be looked at by every reading of the heads: 10,000 of them cost each
-- reading as many look-ups. Of the first thousand that are due. Both are held meanwhile, so that nobody is put off behind
-- a letter that is just being let go; whoever lets one go makes them due again (`due`). It waits for nobody's lock.
-- An array, so that it is asked once, also where nothing is known yet of how many there are.
UPDATE inbox.disclosures SET next_attempt_at = $2::timestamptz + interval '30 seconds'
WHERE contract = $1 AND state = 'waiting' AND id = ANY(ARRAY(
    SELECT d.id
    FROM inbox.disclosures d
    JOIN inbox.disclosures e ON e.contract = d.contract AND e.subject = d.subject AND e.position < d.position
        AND e.state IN ('waiting', 'dead') AND e.state = 'dead'
    WHERE d.contract = $1 AND d.state = 'waiting' AND d.id = ANY(ARRAY(
        SELECT w.id FROM inbox.disclosures w
        WHERE w.contract = $1 AND w.state = 'waiting' AND w.plan IS NULL AND w.next_attempt_at <= $2
        ORDER BY w.next_attempt_at, w.position LIMIT 1000
    ))
    FOR UPDATE OF d SKIP LOCKED FOR SHARE OF e SKIP LOCKED
))

-- name: due
-- Those of these residents who wait are looked at again.
UPDATE inbox.disclosures SET next_attempt_at = $3
WHERE contract = $1 AND subject = ANY($2::bytea[]) AND state = 'waiting' AND plan IS NULL AND next_attempt_at > $3

-- name: park
UPDATE inbox.disclosures
SET state = 'dead', code = 'decide-again', settled_at = $3, mirrored_at = NULL,
    first_failed_at = coalesce(first_failed_at, $3)
WHERE contract = $1 AND id = ANY($2::uuid[]) AND state = 'waiting'
