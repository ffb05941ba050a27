-- name: other_parties
-- Nobody's, once the measure has ended; the rows stay, for a measure whose end is taken back.
SELECT p.party, p.stated
FROM registry.other_party AS p JOIN registry.resident AS r USING (resident)
WHERE p.resident = $1 AND r.protected
ORDER BY p.place

-- name: forget
DELETE FROM registry.other_party WHERE resident = ANY($1::uuid[])

-- name: keep
INSERT INTO registry.other_party (resident, place, party, stated)
SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::bytea[])

-- name: share
-- A child of a protected parent is hidden from the same people.
INSERT INTO registry.other_party (resident, place, party, stated)
SELECT $2::uuid, p.place, p.party, p.stated
FROM registry.other_party AS p JOIN registry.resident AS r USING (resident)
WHERE r.atena_no = $1 AND r.protected
ON CONFLICT DO NOTHING

-- name: by_number
SELECT resident, atena_no FROM registry.resident WHERE atena_no = ANY($1::bytea[])
