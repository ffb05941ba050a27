-- name: movers
-- Everybody who has ever filed a 転出 here: who is still planned, who is gone already and by which confirmed day, and
-- whose plan was taken back.
SELECT r.status, r.record,
    (SELECT convert_from(h.body, 'UTF8')::json ->> 'effective_on' FROM registry.history AS h
        WHERE h.resident = r.resident AND h.kind = 'MOVE_OUT_CONFIRMED' ORDER BY h.version DESC LIMIT 1) AS confirmed_on
FROM registry.resident AS r
WHERE EXISTS (SELECT FROM registry.history AS h WHERE h.resident = r.resident AND h.kind = 'MOVE_OUT_PLANNED')
-- name: told
-- Of which of these notices a clerk was told already, and by which code.
SELECT digest, code FROM registry.tennyu WHERE digest = ANY($1::bytea[])
-- name: telling
INSERT INTO registry.tennyu (digest, code, id, told_at) SELECT *, $4 FROM unnest($1::bytea[], $2::text[], $3::uuid[])
ON CONFLICT DO NOTHING
