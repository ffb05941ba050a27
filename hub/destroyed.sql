-- name: unsettled
-- Acts of which a key still has a row, or is not known as destroyed here; and those that are here without an end.
SELECT DISTINCT n.act FROM unnest($1::uuid[], $2::text[]) AS n (act, kid)
WHERE EXISTS (SELECT FROM hub.keys k WHERE k.kid = n.kid AND k.purpose = 'content')
    OR NOT EXISTS (SELECT FROM hub.erased_keys e WHERE e.kid = n.kid)
    OR EXISTS (
        SELECT FROM hub.acts a WHERE a.id = n.act AND NOT EXISTS (SELECT FROM hub.act_ends d WHERE d.act = a.id)
    )

-- name: note
-- The first order that named a key is the one that destroyed it.
INSERT INTO hub.erased_keys (kid, act, rule, asked_by, approved_by, ordered_at, destroyed_at)
SELECT kid, $2, $3, $4, $5, $6, clock_timestamp() FROM unnest($1::text[]) AS kid
ON CONFLICT (kid) DO NOTHING

-- name: destroy
-- Content keys alone: the journal has no say in anything else.
DELETE FROM hub.keys WHERE kid = ANY($1::text[]) AND purpose = 'content'

-- name: end
-- A restored database may not know of the act at all.
INSERT INTO hub.act_ends (act, ended_at, code, count)
SELECT a.id, clock_timestamp(), $2::text, (SELECT count(*) FROM hub.erased_keys e WHERE e.act = a.id)
FROM hub.acts a WHERE a.id = $1 ON CONFLICT DO NOTHING
