-- name: ask
INSERT INTO inbox.public_keys (id, contract, thumbprint, jwk, reason, asked_by, asked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: all
SELECT k.id, k.contract, k.thumbprint, k.jwk, k.reason, k.asked_by, k.asked_at, p.name, a.approved_at, e.ended_at
FROM inbox.public_keys k LEFT JOIN hub.people p ON p.id = k.asked_by
LEFT JOIN inbox.public_key_approvals a ON a.key = k.id LEFT JOIN inbox.public_key_ends e ON e.key = k.id
WHERE ($1::text IS NULL OR k.contract = $1) AND ($2::uuid IS NULL OR k.id = $2)
ORDER BY k.contract, coalesce(a.approved_at, k.asked_at) DESC, k.id

-- name: approve
-- Whoever has asked is in office and has one of the duties $4 until it is written: an account that is retired at the same
-- moment waits for this, or stops it.
INSERT INTO inbox.public_key_approvals (key, approved_by, approved_at)
SELECT k.id, $2, $3 FROM inbox.public_keys k JOIN hub.people p ON p.id = k.asked_by
WHERE k.id = $1 AND p.retired_at IS NULL AND p.duties && $4::text[]
FOR SHARE OF p
ON CONFLICT DO NOTHING

-- name: end
INSERT INTO inbox.public_key_ends (key, reason, ended_by, ended_at)
SELECT id, $2, $3, $4 FROM inbox.public_keys WHERE id = $1 ON CONFLICT DO NOTHING

-- name: counting
-- The keys of a contract that count now, the newest first.
SELECT k.thumbprint, k.jwk FROM inbox.public_keys k JOIN inbox.public_key_approvals a ON a.key = k.id
WHERE k.contract = $1 AND NOT EXISTS (SELECT FROM inbox.public_key_ends e WHERE e.key = k.id)
ORDER BY a.approved_at DESC, k.id
