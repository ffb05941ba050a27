-- name: place
-- Where a disclosure stands that was read before; also one that is settled since.
SELECT position FROM inbox.disclosures WHERE contract = $1 AND id = $2

-- name: page
-- What may be fetched after $2, oldest first: nothing behind a dead letter of its resident. At most $3, and no more than
-- $4 bytes of tokens unless the first alone is larger.
WITH due AS (
    SELECT d.id, d.subject, d.partition, d.record_offset, d.seq, d.flagged, d.attempts, d.plan, d.position,
        sum(length(d.token)) OVER (ORDER BY d.position) AS bytes, row_number() OVER (ORDER BY d.position) AS nth,
        count(*) OVER () AS due
    FROM (
        SELECT d.* FROM inbox.disclosures d
        WHERE d.contract = $1 AND d.state = 'waiting' AND d.position > $2
            AND NOT EXISTS (
                SELECT FROM inbox.disclosures e
                WHERE e.contract = d.contract AND e.subject = d.subject AND e.position < d.position
                    AND e.state = 'dead'
            )
        ORDER BY d.position LIMIT $3
    ) AS d
)
SELECT due.id, due.subject, due.partition, due.record_offset, due.seq, due.flagged, due.attempts, due.plan, due.due, t.token
FROM due JOIN inbox.disclosures t ON t.contract = $1 AND t.id = due.id AND t.token IS NOT NULL
WHERE due.bytes <= $4 OR due.nth = 1 ORDER BY due.position

-- name: earlier
-- How many could be fetched up to $2: read and not acknowledged, or come back since.
SELECT count(*) FROM inbox.disclosures d
WHERE d.contract = $1 AND d.state = 'waiting' AND d.position <= $2
    AND NOT EXISTS (
        SELECT FROM inbox.disclosures e
        WHERE e.contract = d.contract AND e.subject = d.subject AND e.position < d.position AND e.state = 'dead'
    )

-- name: named
-- What somebody acknowledges, in order. `behind`: a dead letter of the same resident comes before; `skips`: something
-- of the same resident comes before that is open and is not acknowledged with it.
SELECT d.id, d.subject, d.partition, d.state, d.code, d.token, d.attempts, d.flagged, d.plan,
    r.version AS last_version,
    EXISTS (
        SELECT FROM inbox.disclosures e WHERE e.contract = d.contract AND e.subject = d.subject
            AND e.position < d.position AND e.state = 'dead'
    ) AS behind,
    EXISTS (
        SELECT FROM inbox.disclosures e WHERE e.contract = d.contract AND e.subject = d.subject
            AND e.position < d.position AND e.state = 'waiting' AND NOT e.id = ANY($2::uuid[])
    ) AS skips
FROM inbox.disclosures d
LEFT JOIN inbox.residents r ON r.contract = d.contract AND r.subject = d.subject
WHERE d.contract = $1 AND d.id = ANY($2::uuid[])
ORDER BY d.position
