-- name: planned
-- The last planned move-out of everybody who is still on the register, and the notice that says where to.
SELECT DISTINCT ON (h.resident) h.body, r.record,
    (SELECT n.body FROM registry.notice AS n WHERE n.changes @> ARRAY[h.change]) AS notice
FROM registry.history AS h JOIN registry.resident AS r USING (resident)
WHERE h.kind = 'MOVE_OUT_PLANNED' AND r.status = 'registered'
ORDER BY h.resident, h.version DESC
