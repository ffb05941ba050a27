-- name: movers
-- Everybody who has ever filed a 転出 here: who is still planned, who is gone already, and whose plan was taken back.
SELECT r.status, r.record FROM registry.resident AS r
WHERE EXISTS (SELECT FROM registry.history AS h WHERE h.resident = r.resident AND h.kind = 'MOVE_OUT_PLANNED')
