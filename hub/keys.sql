-- name: find
-- One wrapped key by its name, and whether it was destroyed: then whatever lies here does not count.
SELECT k.purpose, k.wrapped, EXISTS (SELECT FROM hub.erased_keys e WHERE e.kid = one.kid) AS is_destroyed
FROM (VALUES ($1::text)) AS one (kid) LEFT JOIN hub.keys k ON k.kid = one.kid

-- name: insert
-- The first to come makes the key; whoever comes second reads the first one's. What was destroyed is not made again.
INSERT INTO hub.keys (kid, owner, purpose, wrapped, kek)
SELECT $1::text, $2::text, $3::text, $4::bytea, $5::text
WHERE NOT EXISTS (SELECT FROM hub.erased_keys e WHERE e.kid = $1)
ON CONFLICT (kid) DO NOTHING

-- name: list_content
-- Every content key of an owner, oldest first: the day is the end of the name.
SELECT k.kid, k.wrapped FROM hub.keys k WHERE k.owner = $1 AND k.purpose = 'content'
    AND NOT EXISTS (SELECT FROM hub.erased_keys e WHERE e.kid = k.kid)
ORDER BY k.kid

-- name: standing
-- Which of these are still there and were not destroyed.
SELECT k.kid FROM hub.keys k WHERE k.kid = ANY($1::text[])
    AND NOT EXISTS (SELECT FROM hub.erased_keys e WHERE e.kid = k.kid)
