-- name: ask
INSERT INTO hub.transfers (request, contract, items, basis, until, chosen, subjects) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: kept
SELECT r.id, r.requested_at, r.expires_at, r.reason, p.name, p.retired_at, t.contract, t.items, t.basis, t.until,
    t.chosen, cardinality(t.subjects) AS count, a.approved_by, a.ordered_at, e.code, e.count AS told
FROM hub.transfers t JOIN hub.requests r ON r.id = t.request JOIN hub.people p ON p.id = r.requested_by
LEFT JOIN hub.acts a ON a.request = r.id LEFT JOIN hub.act_ends e ON e.act = a.id
WHERE r.id = ANY($1::uuid[])

-- name: unapproved
-- In the order in which they were asked for; which of them can still be approved is judged elsewhere.
SELECT r.id, r.requested_at, r.expires_at, r.reason, p.name, p.retired_at, t.contract, t.items, t.basis, t.until,
    t.chosen, cardinality(t.subjects) AS count, NULL AS approved_by, NULL AS ordered_at, NULL AS code, NULL AS told
FROM hub.transfers t JOIN hub.requests r ON r.id = t.request JOIN hub.people p ON p.id = r.requested_by
WHERE r.expires_at > $1 AND NOT EXISTS (SELECT FROM hub.acts a WHERE a.request = r.id)
ORDER BY r.requested_at, r.id

-- name: subjects
SELECT subjects FROM hub.transfers WHERE request = $1

-- name: on_the_ledger
-- How many of these disclosures the archive of the ledger names.
SELECT count(DISTINCT disclosure) FROM hub.told WHERE contract = $1 AND disclosure = ANY($2::uuid[])
