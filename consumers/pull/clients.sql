-- name: ask
INSERT INTO inbox.client_requests (id, contract, label, rights, reason, asked_by, asked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: asked
SELECT r.*, p.name, EXISTS (SELECT FROM inbox.clients c WHERE c.request = r.id) AS is_done
FROM inbox.client_requests r JOIN hub.people p ON p.id = r.asked_by WHERE r.id = $1

-- name: waiting
-- What another person has yet to approve; what somebody has asked for who is retired since, is void.
SELECT r.*, p.name FROM inbox.client_requests r JOIN hub.people p ON p.id = r.asked_by
WHERE r.asked_at > $1 AND p.retired_at IS NULL AND NOT EXISTS (SELECT FROM inbox.clients c WHERE c.request = r.id)
ORDER BY r.asked_at, r.id

-- name: register
-- Of two who approve at once, one does. Whoever has asked is in office and has one of the duties $7 until it is written:
-- an account that is retired at the same moment waits for this, or stops it.
INSERT INTO inbox.clients (id, request, approved_by, approved_at, secret, kek, bound)
SELECT $1, r.id, $3, $4, $5, $6, true FROM inbox.client_requests r JOIN hub.people p ON p.id = r.asked_by
WHERE r.id = $2 AND p.retired_at IS NULL AND p.duties && $7::text[]
FOR SHARE OF p
ON CONFLICT DO NOTHING

-- name: all
SELECT c.id, r.contract, r.label, r.rights, c.approved_at, e.revoked_at
FROM inbox.clients c JOIN inbox.client_requests r ON r.id = c.request LEFT JOIN inbox.client_ends e ON e.client = c.id
WHERE $1::text IS NULL OR r.contract = $1
ORDER BY r.contract, c.approved_at, c.id

-- name: one
SELECT c.id, r.contract, r.label, r.rights, c.approved_at, e.revoked_at, c.secret, c.bound,
    (SELECT max(s.stopped_on) FROM hub.stops s WHERE s.contract = r.contract) AS stopped_on
FROM inbox.clients c JOIN inbox.client_requests r ON r.id = c.request LEFT JOIN inbox.client_ends e ON e.client = c.id
WHERE c.id = $1

-- name: revoke
INSERT INTO inbox.client_ends (client, reason, revoked_by, revoked_at)
SELECT c.id, $2, $3, $4 FROM inbox.clients c WHERE c.id = $1
ON CONFLICT DO NOTHING

-- name: use
-- An assertion counts once.
INSERT INTO inbox.client_assertions (client, jti, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING

-- name: forget
-- What is over is refused for its time alone; kept an hour longer, for a clock that is put back.
DELETE FROM inbox.client_assertions WHERE expires_at < $1::timestamptz - interval '1 hour'

-- name: access_key
SELECT wrapped FROM inbox.access_keys WHERE kid = $1

-- name: new_access_key
INSERT INTO inbox.access_keys (kid, wrapped, kek) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING

-- name: old_access_keys
DELETE FROM inbox.access_keys WHERE kid < $1
