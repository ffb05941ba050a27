-- name: stops
-- The newest stop of every contract that ever had one.
SELECT contract, max(stopped_on) AS stopped_on FROM hub.stops GROUP BY contract

-- name: is_there
-- Whether the database is of this release: topics are made before anything is migrated.
SELECT to_regclass('hub.stops') IS NOT NULL
