-- name: delivered
-- One statement, hence one transaction, for all that end at the same time: $2 to $6 are their ids, attempts, versions,
-- receipts, and what was read back; `nth` of those that nobody had settled before comes back. What was delivered is not
-- kept: the token goes, receipt and version stay. Where a plan has released it, its progress says so with it. What was
-- read back is noted for the ledger.
WITH done AS (
    UPDATE inbox.disclosures d
    SET state = 'delivered', receipt = one.receipt, code = '', token = NULL, attempts = d.attempts + 1, settled_at = $7
    FROM unnest($2::uuid[], $3::integer[], $4::bigint[], $5::text[], $6::text[])
        WITH ORDINALITY AS one (id, attempts, version, receipt, confirmed, nth)
    WHERE d.contract = $1 AND d.id = one.id AND d.state = 'waiting' AND d.attempts = one.attempts
    RETURNING d.contract, d.id, d.subject, d.partition, d.plan, one.version, one.receipt, one.confirmed, one.nth
), told AS (
    UPDATE inbox.plan_items i SET state = 'ended', outcome = 'delivered', ended_at = $7
    FROM done WHERE i.plan = done.plan AND i.letter = done.id AND i.state = 'handed'
), confirmed AS (
    INSERT INTO hub.confirming (disclosure, contract, partition, what, receipt_sha256, confirmed_at)
    SELECT id, contract, partition, confirmed, sha256(convert_to(receipt, 'UTF8')), $7 FROM done WHERE confirmed <> ''
    ON CONFLICT DO NOTHING
), known AS (
    INSERT INTO inbox.residents (contract, subject, version)
    SELECT contract, subject, max(version) FROM done GROUP BY contract, subject
    ON CONFLICT (contract, subject) DO UPDATE SET version = greatest(residents.version, excluded.version)
)
SELECT nth FROM done

-- name: deferred
-- The same of those that are not delivered yet: $4 and $5 say why, and when each is due again.
UPDATE inbox.disclosures d SET code = one.code, attempts = d.attempts + 1, next_attempt_at = one.again
FROM unnest($2::uuid[], $3::integer[], $4::text[], $5::timestamptz[])
    WITH ORDINALITY AS one (id, attempts, code, again, nth)
WHERE d.contract = $1 AND d.id = one.id AND d.state = 'waiting' AND d.attempts = one.attempts
RETURNING one.nth

-- name: dead
-- $6: the id under which it is kept on; another one where the token's own claim to its id was not proven.
-- It has to be seen on the topic of dead letters, once more where it was there before. What a plan has released of the
-- same resident behind it waits again, as everybody does.
WITH done AS (
    UPDATE inbox.disclosures
    SET state = 'dead', code = $4, attempts = attempts + 1, settled_at = $5, id = $6, mirrored_at = NULL,
        first_failed_at = coalesce(first_failed_at, $5)
    WHERE contract = $1 AND id = $2 AND state = 'waiting' AND attempts = $3
    RETURNING contract, subject, position, plan
), told AS (
    UPDATE inbox.plan_items i SET state = 'ended', outcome = 'refused', code = $4, ended_at = $5
    FROM done WHERE i.plan = done.plan AND i.letter = $2 AND i.state = 'handed'
), behind AS (
    UPDATE inbox.plan_items i SET state = 'ended', outcome = 'waits-behind', code = $4, ended_at = $5
    FROM done JOIN inbox.disclosures f ON f.contract = done.contract AND f.subject = done.subject
        AND f.position > done.position AND f.state = 'waiting' AND f.plan IS NOT NULL
    WHERE i.plan = f.plan AND i.letter = f.id AND i.state = 'handed'
)
SELECT count(*) FROM done

-- name: erased
-- Its key was destroyed, so it will never be opened: no token is kept, and who comes behind it is next.
WITH done AS (
    UPDATE inbox.disclosures SET state = 'erased', code = $4, token = NULL, attempts = attempts + 1, settled_at = $5
    WHERE contract = $1 AND id = $2 AND state = 'waiting' AND attempts = $3
    RETURNING id, plan
), told AS (
    UPDATE inbox.plan_items i SET state = 'ended', outcome = 'erased', code = $4, ended_at = $5
    FROM done WHERE i.plan = done.plan AND i.letter = done.id AND i.state = 'handed'
)
SELECT count(*) FROM done

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

-- name: flag
UPDATE inbox.disclosures SET flagged = true
WHERE contract = $1 AND subject = $2 AND position < $3 AND state IN ('waiting', 'dead') AND NOT flagged

-- name: supersede
WITH done AS (
    UPDATE inbox.disclosures SET state = 'superseded', code = 'protection-overtook', token = NULL, settled_at = $4
    WHERE contract = $1 AND subject = $2 AND position < $3 AND state IN ('waiting', 'dead')
    RETURNING id, plan
), due AS (
    UPDATE inbox.disclosures SET next_attempt_at = $4
    WHERE contract = $1 AND subject = $2 AND position >= $3 AND state = 'waiting'
), told AS (
    UPDATE inbox.plan_items i SET state = 'ended', outcome = 'superseded', code = 'protection-overtook', ended_at = $4
    FROM done WHERE i.plan = done.plan AND i.letter = done.id AND i.state = 'handed'
)
SELECT count(*) FROM done

-- name: scouted
UPDATE inbox.disclosures SET scouted = true WHERE contract = $1 AND id = ANY($2::uuid[])
