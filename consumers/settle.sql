-- name: delivered
-- One statement, hence one transaction. What was delivered is not kept: the token goes, receipt and version stay.
WITH done AS (
    UPDATE inbox.disclosures
    SET state = 'delivered', receipt = $4, code = '', token = NULL, attempts = attempts + 1, settled_at = $5
    WHERE contract = $1 AND id = $2 AND state = 'waiting' AND attempts = $3
    RETURNING contract, subject
)
INSERT INTO inbox.residents (contract, subject, version) SELECT contract, subject, $6 FROM done
ON CONFLICT (contract, subject) DO UPDATE SET version = greatest(residents.version, excluded.version)

-- name: deferred
UPDATE inbox.disclosures SET code = $4, attempts = attempts + 1, next_attempt_at = $5
WHERE contract = $1 AND id = $2 AND state = 'waiting' AND attempts = $3

-- name: dead
-- $6: the id under which it is kept on; another one where the token's own claim to its id was not proven.
UPDATE inbox.disclosures SET state = 'dead', code = $4, attempts = attempts + 1, settled_at = $5, id = $6
WHERE contract = $1 AND id = $2 AND state = 'waiting' AND attempts = $3

-- name: offset
-- Where a disclosure lay in its partition: what remains of its identity where its own claim to an id is not proven.
SELECT record_offset FROM inbox.disclosures WHERE contract = $1 AND id = $2

-- name: behind
-- Who waits: the open disclosures of the same resident behind this one.
SELECT count(*) FROM inbox.disclosures
WHERE contract = $1 AND subject = $2 AND state IN ('waiting', 'dead')
    AND position > (SELECT position FROM inbox.disclosures WHERE contract = $1 AND id = $3)

-- name: hurry
-- The counterpart is back: nobody waits for the end of a back-off that was meant for its absence.
UPDATE inbox.disclosures SET next_attempt_at = $2 WHERE contract = $1 AND state = 'waiting' AND next_attempt_at > $2

-- name: letter
-- A dead letter, locked until the transaction that asks has ended.
SELECT position, subject, token, code FROM inbox.disclosures
WHERE id = $1 AND contract = $2 AND state = 'dead' FOR UPDATE

-- name: contract_of
SELECT contract FROM inbox.disclosures WHERE id = $1 AND state = 'dead'

-- name: released
UPDATE inbox.disclosures SET state = 'waiting', next_attempt_at = $3, settled_at = NULL
WHERE contract = $1 AND id = $2 AND state = 'dead'

-- name: ahead
-- Dead letters of the same resident before this one: they have to go first.
SELECT count(*) FROM inbox.disclosures WHERE contract = $1 AND subject = $2 AND state = 'dead' AND position < $3

-- name: flag
UPDATE inbox.disclosures SET flagged = true
WHERE contract = $1 AND subject = $2 AND position < $3 AND state IN ('waiting', 'dead') AND NOT flagged

-- name: supersede
UPDATE inbox.disclosures SET state = 'superseded', code = 'protection-overtook', token = NULL, settled_at = $4
WHERE contract = $1 AND subject = $2 AND position < $3 AND state IN ('waiting', 'dead')

-- name: scouted
UPDATE inbox.disclosures SET scouted = true WHERE contract = $1 AND id = ANY($2::uuid[])
