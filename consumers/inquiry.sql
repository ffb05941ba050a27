-- name: within
-- Inquiries that this person has begun since then, this one included, without those that the limit itself refused.
SELECT count(*) FILTER (WHERE code = 'begun') - count(*) FILTER (WHERE code = $4)
FROM hub.audit WHERE person = $1 AND act = $2 AND noted_at > $3
