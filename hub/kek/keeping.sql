-- name: ask
INSERT INTO hub.kek_orders (request, what, kek) VALUES ($1, $2, $3)

-- name: one
SELECT what, kek FROM hub.kek_orders WHERE request = $1

-- name: waiting
-- What another person has yet to approve; what somebody has asked for whose account is no longer in use, is void.
SELECT r.id, r.expires_at, r.reason, p.name, o.what, o.kek
FROM hub.kek_orders o JOIN hub.requests r ON r.id = o.request JOIN hub.people p ON p.id = r.requested_by
WHERE r.expires_at > $1 AND p.retired_at IS NULL AND NOT EXISTS (SELECT FROM hub.acts a WHERE a.request = r.id)
ORDER BY r.requested_at, r.id

-- name: approved
-- By whom; NULL where nobody has.
SELECT approver FROM hub.acts WHERE id = $1

-- name: begun
-- Replacements that were approved and have not ended, and whether each has its new KEK.
SELECT a.id, EXISTS (SELECT FROM hub.keks_made m WHERE m.act = a.id) AS has_kek
FROM hub.acts a WHERE a.kind = 'rotate-kek' AND NOT EXISTS (SELECT FROM hub.act_ends e WHERE e.act = a.id)
ORDER BY a.ordered_at

-- name: known
INSERT INTO hub.keks (id) VALUES ($1) ON CONFLICT DO NOTHING

-- name: made
INSERT INTO hub.keks_made (act, kek) VALUES ($1, $2)

-- name: any
SELECT EXISTS (SELECT FROM hub.keks)

-- name: newest
-- The one that wraps, as an approved act has made it; or the very first.
SELECT id FROM hub.keks WHERE retired_at IS NULL ORDER BY used_at DESC, id DESC LIMIT 1

-- name: used
SELECT EXISTS (SELECT FROM hub.keks WHERE id = $1)

-- name: destroyed
UPDATE hub.keks SET destroyed_at = $2 WHERE id = $1 AND destroyed_at IS NULL

-- name: retired
SELECT EXISTS (SELECT FROM hub.keks WHERE id = $1 AND retired_at IS NOT NULL AND destroyed_at IS NULL)
