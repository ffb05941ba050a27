-- name: ask
INSERT INTO hub.told_again (request, contract, subjects) VALUES ($1, $2, $3)

-- name: one
SELECT r.topic, t.contract, t.subjects FROM hub.told_again t JOIN hub.requests r ON r.id = t.request WHERE r.id = $1

-- name: waiting
-- What another person has yet to approve; what somebody has asked for whose account is no longer in use, is void.
SELECT r.id, r.expires_at, r.reason, p.name, t.contract, t.subjects
FROM hub.told_again t JOIN hub.requests r ON r.id = t.request JOIN hub.people p ON p.id = r.requested_by
WHERE r.expires_at > $1 AND p.retired_at IS NULL AND NOT EXISTS (SELECT FROM hub.acts a WHERE a.request = r.id)
ORDER BY r.requested_at, r.id

-- name: approved
SELECT EXISTS (SELECT FROM hub.acts WHERE id = $1)
