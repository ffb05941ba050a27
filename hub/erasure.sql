-- name: ask
-- A rule is kept in the words of the day; without one it is an order of two persons.
INSERT INTO hub.erasures (request, owner, until, kids, rule, said)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb)

-- name: waiting
-- What another person has yet to approve; what somebody has asked for whose account is no longer in use, is void.
SELECT r.id, r.expires_at, r.reason, p.name, e.owner, e.until, e.kids
FROM hub.erasures e JOIN hub.requests r ON r.id = e.request JOIN hub.people p ON p.id = r.requested_by
WHERE r.topic = $1 AND r.expires_at > $2 AND p.retired_at IS NULL
    AND NOT EXISTS (SELECT FROM hub.acts a WHERE a.request = r.id)
ORDER BY r.requested_at, r.id

-- name: due
-- What was approved and has not ended.
SELECT a.orderer, a.approver, e.kids, e.rule FROM hub.acts a JOIN hub.erasures e ON e.request = a.request
WHERE a.id = $1 AND NOT EXISTS (SELECT FROM hub.act_ends d WHERE d.act = a.id)

-- name: before
-- The act that has destroyed the last of what an order names, where the order itself has destroyed nothing and nothing
-- is left for it; else nobody.
SELECT k.act FROM hub.erasures e JOIN hub.erased_keys k ON k.kid = ANY(e.kids)
WHERE e.request = $1
    AND NOT EXISTS (SELECT FROM hub.erased_keys own WHERE own.act = $1)
    AND NOT EXISTS (
        SELECT FROM unnest(e.kids) AS one (kid) WHERE NOT EXISTS (SELECT FROM hub.erased_keys g WHERE g.kid = one.kid)
    )
ORDER BY k.destroyed_at DESC, k.act LIMIT 1

-- name: named
-- The content keys of an owner up to a day, which is the end of the name.
SELECT kid FROM hub.keys WHERE owner = $1 AND purpose = 'content' AND right(kid, 10) <= $2 ORDER BY kid

-- name: told
-- Tokens of a contract that were sealed on these days (in Japan), and those of them told since $2.
SELECT count(*) AS told, count(*) FILTER (WHERE one.told_at > $2) AS on_topic
FROM (
    SELECT t.partition, t.seq, min(l.recorded_at) AS told_at
    FROM hub.told t JOIN hub.ledger l ON l.change = t.change AND l.partition = t.partition
    WHERE t.contract = $3 AND (l.recorded_at AT TIME ZONE 'Asia/Tokyo')::date = ANY($1::date[])
    GROUP BY t.partition, t.seq
) AS one

-- name: changes
-- The same for Changes, which are sealed to the hub itself ($3): told on the day on which they came, as a rule.
SELECT count(*) AS told, count(*) FILTER (WHERE one.told_at > $2) AS on_topic
FROM (
    SELECT l.change, min(l.recorded_at) AS told_at FROM hub.ledger l
    WHERE $3::text <> '' AND (l.recorded_at AT TIME ZONE 'Asia/Tokyo')::date = ANY($1::date[])
    GROUP BY l.change
) AS one

-- name: open
-- The headers of the tokens that are not delivered yet, page by page.
SELECT d.position, d.state, substring(d.token FROM 1 FOR position('.'::bytea IN d.token)) AS head
FROM inbox.disclosures d
WHERE d.contract = $1 AND d.state IN ('waiting', 'dead') AND d.token IS NOT NULL AND d.position > $2
ORDER BY d.position LIMIT $3
