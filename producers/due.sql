-- name: planned
-- The last planned move-out of everybody who is still on the register.
SELECT DISTINCT ON (h.resident) h.body, r.record
FROM registry.history AS h JOIN registry.resident AS r USING (resident)
WHERE h.kind = 'MOVE_OUT_PLANNED' AND r.status = 'registered'
ORDER BY h.resident, h.version DESC
