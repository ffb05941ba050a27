-- name: begin
INSERT INTO hub.retention_runs (id, rule, said, holds, since, until, run_by, begun_at)
VALUES ($1, $2, $3::text::jsonb, $4, $5, $6, $7, $8)

-- name: asked
-- Whether the same is asked for already and can still be approved.
SELECT EXISTS (
    SELECT FROM hub.erasures e JOIN hub.requests r ON r.id = e.request
    WHERE e.owner = $1 AND e.kids @> $2::text[] AND r.expires_at > $3
        AND NOT EXISTS (SELECT FROM hub.acts a WHERE a.request = r.id)
)

-- name: clock
SELECT clock_timestamp()
