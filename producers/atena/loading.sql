-- name: unlinked
-- Residents first, in the order of every act, and locked: their records may have to change.
SELECT r.resident, r.record FROM registry.resident r
WHERE r.resident > $1
  AND NOT EXISTS (SELECT FROM registry.atena a WHERE a.system = 'juki' AND a.atena_no = r.atena_no)
ORDER BY r.resident LIMIT $2 FOR UPDATE OF r

-- name: taken
-- What of this is known already; asked behind the lock of numbers.
SELECT 'atena_no' AS kind, atena_no AS value FROM registry.atena WHERE system = 'juki' AND atena_no = ANY($1::bytea[])
UNION ALL SELECT 'togo_atena_no', number FROM registry.togo WHERE number = ANY($2::bytea[])
UNION ALL SELECT 'my_number', my_number FROM registry.togo WHERE my_number = ANY($3::bytea[])
UNION ALL SELECT 'my_number', my_number FROM registry.togo_former WHERE my_number = ANY($3::bytea[])
