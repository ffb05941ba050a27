-- name: recalls
-- Every recall with what became of it, or the one called $1.
SELECT r.id, r.expires_at, r.reason, p.name, p.retired_at IS NOT NULL AS is_retired, c.contract, c.why, c.items,
    r.requested_by, a.approver, q.retired_at IS NOT NULL AS is_approver_retired,
    c.content, a.approved_by, a.ordered_at, n.issued_at, n.due_on, coalesce(f.items, '{}') AS confirmed
FROM hub.recalls c JOIN hub.requests r ON r.id = c.request JOIN hub.people p ON p.id = r.requested_by
LEFT JOIN hub.acts a ON a.request = r.id LEFT JOIN hub.people q ON q.id = a.approver
LEFT JOIN hub.recall_notices n ON n.recall = a.id
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT item) AS items FROM hub.recall_confirmations f CROSS JOIN unnest(f.items) AS item
    WHERE f.recall = n.recall
) f ON true
WHERE $1::uuid IS NULL OR r.id = $1
ORDER BY r.requested_at, r.id

-- name: plan
INSERT INTO hub.recalls (request, contract, why, items, hash, content) VALUES ($1, $2, $3, $4, $5, $6)

-- name: approved_before
-- Whether the very same was approved already: by somebody in office, or its notice is there.
SELECT EXISTS (
    SELECT FROM hub.recalls c JOIN hub.acts a ON a.request = c.request LEFT JOIN hub.people q ON q.id = a.approver
    WHERE c.hash = $1
        AND (q.retired_at IS NULL OR EXISTS (SELECT FROM hub.recall_notices n WHERE n.recall = c.request))
)

-- name: has_run_it
-- Whether this person has ever begun to run this recall, also where it was cut off.
SELECT EXISTS (
    SELECT FROM hub.audit WHERE person = $2 AND act = 'recall-run' AND object = $1 AND code = 'begun'
)

-- name: stop
INSERT INTO hub.stops (contract, stopped_on, stopped_at, stopped_by, reason) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING

-- name: stops
-- Every stop, with who made it.
SELECT s.contract, s.stopped_on, s.stopped_at, p.name, s.reason
FROM hub.stops s JOIN hub.people p ON p.id = s.stopped_by ORDER BY s.stopped_at, s.contract

-- name: keys_left
-- Content keys of a contract whose destruction can be asked for and is not: days up to $2, in no request that waits or
-- was approved.
SELECT k.kid FROM hub.keys k WHERE k.owner = $1 AND k.purpose = 'content' AND right(k.kid, 10) <= $2
    AND NOT EXISTS (
        SELECT FROM hub.erasures e JOIN hub.requests r ON r.id = e.request
        WHERE e.owner = $1 AND k.kid = ANY(e.kids)
            AND (r.expires_at > $3 OR EXISTS (SELECT FROM hub.acts a WHERE a.request = r.id))
    )
ORDER BY k.kid

-- name: standing
-- Content keys that are still there, and what waits in the inbox and is not delivered.
SELECT (SELECT count(*) FROM hub.keys WHERE owner = $1 AND purpose = 'content') AS keys,
    (SELECT count(*) FROM inbox.disclosures WHERE contract = $1 AND state IN ('waiting', 'dead')) AS undelivered

-- name: notice
-- The first that is kept counts.
INSERT INTO hub.recall_notices (recall, content, key, signature, issued_at, due_on) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING

-- name: noticed
SELECT content, key, signature FROM hub.recall_notices WHERE recall = $1

-- name: confirm
INSERT INTO hub.recall_confirmations
    (id, recall, items, result, article, said_by, way, said_on, paper, noted_by, noted_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: confirmations
-- What was confirmed of a recall, in the order in which it was noted.
SELECT f.id, f.items, f.result, f.article, f.said_by, f.way, f.said_on, f.paper, p.name, f.noted_at
FROM hub.recall_confirmations f JOIN hub.people p ON p.id = f.noted_by WHERE f.recall = $1 ORDER BY f.noted_at, f.id

-- name: told
-- Every contract that was ever told anything, and when last; walked over in the index.
WITH RECURSIVE place AS (
    (SELECT contract, partition FROM hub.told ORDER BY contract, partition LIMIT 1)
    UNION ALL
    SELECT n.contract, n.partition FROM place p CROSS JOIN LATERAL (
        SELECT t.contract, t.partition FROM hub.told t WHERE (t.contract, t.partition) > (p.contract, p.partition)
        ORDER BY t.contract, t.partition LIMIT 1
    ) n
)
SELECT p.contract, max(l.recorded_at) AS last FROM place p
CROSS JOIN LATERAL (
    SELECT t.change FROM hub.told t WHERE t.contract = p.contract AND t.partition = p.partition
    ORDER BY t.seq DESC LIMIT 1
) t
JOIN hub.ledger l ON l.change = t.change AND l.partition = p.partition
GROUP BY p.contract ORDER BY p.contract

-- name: was_told
SELECT EXISTS (SELECT FROM hub.told t WHERE t.contract = $1 AND t.items && $2::text[])
