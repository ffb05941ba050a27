-- name: protected
SELECT record FROM registry.resident WHERE protected AND status = 'registered'
