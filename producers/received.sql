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
SELECT id, code FROM registry.tennyu WHERE id = ANY($1::uuid[])
-- name: telling
INSERT INTO registry.tennyu (id, code, told_at) SELECT *, $3 FROM unnest($1::uuid[], $2::text[])
ON CONFLICT (id) DO UPDATE SET code = EXCLUDED.code, told_at = EXCLUDED.told_at
