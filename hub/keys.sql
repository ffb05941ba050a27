-- name: find
-- One wrapped key by its name.
SELECT purpose, wrapped FROM hub.keys WHERE kid = $1

-- name: insert
-- The first to come makes the key; whoever comes second reads the first one's.
INSERT INTO hub.keys (kid, owner, purpose, wrapped, kek) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kid) DO NOTHING

-- name: list_content
-- Every content key of an owner, oldest first: the day is the end of the name.
SELECT kid, wrapped FROM hub.keys WHERE owner = $1 AND purpose = 'content' ORDER BY kid
