-- name: named
SELECT resident, atena_no, record FROM registry.resident WHERE atena_no = ANY($1::bytea[]) AND status = 'registered'

-- name: registered
SELECT resident, record FROM registry.resident WHERE status = 'registered' AND resident > $1 ORDER BY resident LIMIT $2
