-- name: note
INSERT INTO inbox.key_handouts (client, contract, kid, thumbprint, code, at) VALUES ($1, $2, $3, $4, $5, $6)

-- name: since
SELECT count(*) FROM inbox.key_handouts WHERE contract = $1 AND at > $2

-- name: list
SELECT id, client, contract, kid, thumbprint, code, at FROM inbox.key_handouts
WHERE $1::text IS NULL OR contract = $1 ORDER BY id DESC LIMIT $2
