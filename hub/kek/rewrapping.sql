-- name: under
-- How much of what is wrapped under each KEK.
SELECT one.kek, one.what, count(*) AS count FROM (
    SELECT kek, purpose AS what FROM hub.keys
    UNION ALL SELECT kek, 'client' FROM inbox.clients
    UNION ALL SELECT kek, 'access' FROM inbox.access_keys
    UNION ALL SELECT kek, 'copy' FROM inbox.copy_erasures WHERE kek IS NOT NULL
) AS one GROUP BY one.kek, one.what

-- name: content
-- What was destroyed is on its way out of hub.keys, and is wrapped under nothing any more.
SELECT kid AS id, kid AS name, wrapped FROM hub.keys
WHERE kek <> $1 AND kid > $2 AND NOT EXISTS (SELECT FROM hub.erased_keys e WHERE e.kid = keys.kid)
ORDER BY kid LIMIT $3 FOR UPDATE

-- name: put_content
UPDATE hub.keys SET wrapped = $2, kek = $3 WHERE kid = $1

-- name: client
-- A secret is bound to what was approved, unless an earlier release has wrapped it.
SELECT c.id::text, c.secret AS wrapped,
    'client:' || c.id || CASE WHEN c.bound THEN ':' || r.contract || ':' || array_to_string(r.rights, ' ') ELSE '' END
    AS name
FROM inbox.clients c JOIN inbox.client_requests r ON r.id = c.request
WHERE c.kek <> $1 AND c.id::text > $2 ORDER BY c.id::text LIMIT $3 FOR UPDATE OF c

-- name: put_client
UPDATE inbox.clients SET secret = $2, kek = $3 WHERE id = $1::text::uuid

-- name: access
SELECT kid AS id, 'access:' || kid AS name, wrapped FROM inbox.access_keys
WHERE kek <> $1 AND kid > $2 ORDER BY kid LIMIT $3 FOR UPDATE

-- name: put_access
UPDATE inbox.access_keys SET wrapped = $2, kek = $3 WHERE kid = $1

-- name: copy
SELECT id::text, id::text AS name, number_wrapped AS wrapped FROM inbox.copy_erasures
WHERE kek <> $1 AND id::text > $2 ORDER BY id::text LIMIT $3 FOR UPDATE

-- name: put_copy
UPDATE inbox.copy_erasures SET number_wrapped = $2, kek = $3 WHERE id = $1::text::uuid

-- name: keks
SELECT id, used_at, retired_at, destroyed_at FROM hub.keks ORDER BY used_at, id

-- name: leaving
SELECT id FROM hub.keks WHERE retired_at IS NULL AND id <> $1 ORDER BY id

-- name: hold
-- Whoever wraps something under it waits for us, or we for them.
SELECT id FROM hub.keks WHERE id = $1 AND retired_at IS NULL FOR UPDATE

-- name: retire
UPDATE hub.keks SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL
