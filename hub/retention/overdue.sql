-- name: completed
-- Whether an act ended so since $1.
SELECT EXISTS (SELECT FROM hub.audit WHERE noted_at >= $1 AND act = $2 AND code = $3)
