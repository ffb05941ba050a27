-- name: loaded
SELECT residents, seed FROM registry.loaded

-- name: empty
SELECT NOT EXISTS (SELECT FROM registry.resident)

-- name: mark
INSERT INTO registry.loaded (residents, seed) VALUES ($1, $2)

-- name: continue_numbers
-- The next number of each kind is one that the city has not given.
SELECT setval('registry.atena_no_seq', $1), setval('registry.togo_atena_no_seq', $1),
       setval('registry.household_no_seq', $2)
