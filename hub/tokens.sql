-- name: add
INSERT INTO hub.tokens (id, person, digest, label, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)

-- name: bearer
SELECT p.id, p.name, p.duties, p.retired_at, t.id AS token, t.expires_at, t.revoked_at
FROM hub.tokens t JOIN hub.people p ON p.id = t.person WHERE t.digest = $1

-- name: used
-- Once a minute is enough to see which tokens nobody uses any more.
UPDATE hub.tokens SET used_at = $2
WHERE digest = $1 AND (used_at IS NULL OR used_at < $2::timestamptz - interval '1 minute')

-- name: refused
-- Nothing where it was noted within the hour; a clock that was ahead silences nobody for longer.
UPDATE hub.tokens SET refused_at = $2
WHERE id = $1 AND (refused_at IS NULL
    OR refused_at NOT BETWEEN $2::timestamptz - interval '1 hour' AND $2::timestamptz + interval '1 hour')

-- name: of_person
SELECT id, label, made_at, expires_at, revoked_at, used_at FROM hub.tokens WHERE person = $1 ORDER BY made_at, id

-- name: revoke
UPDATE hub.tokens SET revoked_at = $3 WHERE id = $1 AND person = $2 AND revoked_at IS NULL
