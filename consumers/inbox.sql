-- name: prepare_offsets
-- A row for every partition, so that compare-and-set has something to compare; null is "from the beginning".
INSERT INTO inbox.offsets (contract, partition, next_offset, last_seq)
SELECT $1, part, NULL, 0 FROM unnest($2::int[]) AS part ON CONFLICT DO NOTHING

-- name: offsets
SELECT partition, next_offset, last_seq FROM inbox.offsets WHERE contract = $1 AND partition = ANY($2::int[])

-- name: move_offset
-- Compare and set: no row is touched where another inbox was here before.
UPDATE inbox.offsets SET next_offset = $3, last_seq = $4
WHERE contract = $1 AND partition = $2 AND next_offset IS NOT DISTINCT FROM $5

-- name: known
-- Which of these disclosures the inbox holds.
SELECT id, seq, sha256(token) AS digest FROM inbox.disclosures WHERE contract = $1 AND id = ANY($2::uuid[])

-- name: insert_disclosures
-- In the order of arrival: positions are drawn behind the lock that move_offset took on the partition.
-- Who comes first of a resident waits behind nobody, and need not be looked at for the beginning of a protection.
INSERT INTO inbox.disclosures (
    contract, id, subject, partition, record_offset, seq, token, state, code, scouted,
    received_at, next_attempt_at, settled_at, first_failed_at, published_ms
)
SELECT $1::text, a.id, a.subject, a.partition, a.record_offset, a.seq, a.token,
    CASE a.code WHEN '' THEN 'waiting' WHEN 'key-destroyed' THEN 'erased' ELSE 'dead' END, a.code,
    row_number() OVER (PARTITION BY a.subject ORDER BY a.nth) = 1 AND NOT EXISTS (
        SELECT FROM inbox.disclosures e
        WHERE e.contract = $1 AND e.subject = a.subject AND e.state IN ('waiting', 'dead')
    ),
    $8::timestamptz, $8::timestamptz, CASE a.code WHEN '' THEN NULL ELSE $8::timestamptz END,
    CASE WHEN a.code IN ('', 'key-destroyed') THEN NULL ELSE $8::timestamptz END, a.published_ms
FROM unnest($2::uuid[], $3::bytea[], $4::int[], $5::bigint[], $6::bigint[], $7::bytea[], $9::text[], $10::bigint[])
    WITH ORDINALITY AS a (id, subject, partition, record_offset, seq, token, code, published_ms, nth)
ORDER BY a.nth

-- name: count_a_crowd
-- What the planner asks about; the tokens are left in peace.
ANALYZE inbox.disclosures (contract, id, subject, position, state, attempts, next_attempt_at, plan, scouted)

-- name: in_the_ledger
-- Whether the archive names this very token in this place.
SELECT EXISTS (
    SELECT FROM hub.told t WHERE t.contract = $1 AND t.partition = $2 AND t.seq = $3 AND t.disclosure = $4
        AND t.token_sha256 = sha256($5::bytea)
)

-- name: insert_gap
INSERT INTO inbox.gaps (contract, partition, expected, found, noticed_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING

-- name: heads
-- The first open disclosure of every resident who does not wait behind a dead letter, that is due and not in hand ($3):
-- at most $4 of the living traffic, who is due the longest first, and behind them at most $5 of what is being replayed.
-- Only what is due is walked over (disclosures_due): a crowd that rests costs nothing. Nothing is put off by more than a
-- minute: what is due later than that was written by a clock that was wrong.
WITH live AS (
    SELECT * FROM (
        SELECT d.* FROM inbox.disclosures d
        WHERE d.contract = $1 AND d.state = 'waiting' AND d.plan IS NULL AND NOT d.id = ANY($3::uuid[])
            AND d.next_attempt_at <= $2
            AND NOT EXISTS (
                SELECT FROM inbox.disclosures e
                WHERE e.contract = d.contract AND e.subject = d.subject AND e.position < d.position
                    AND e.state IN ('waiting', 'dead')
            )
        ORDER BY d.next_attempt_at, d.position LIMIT $4
    ) AS due
    UNION ALL
    SELECT * FROM (
        SELECT d.* FROM inbox.disclosures d
        WHERE d.contract = $1 AND d.state = 'waiting' AND d.plan IS NULL AND NOT d.id = ANY($3::uuid[])
            AND d.next_attempt_at > $2::timestamptz + interval '1 minute'
            AND NOT EXISTS (
                SELECT FROM inbox.disclosures e
                WHERE e.contract = d.contract AND e.subject = d.subject AND e.position < d.position
                    AND e.state IN ('waiting', 'dead')
            )
        ORDER BY d.next_attempt_at, d.position LIMIT $4
    ) AS written_by_a_wrong_clock
    LIMIT $4
), replayed AS (
    SELECT d.* FROM inbox.disclosures d
    WHERE d.contract = $1 AND d.state = 'waiting' AND d.plan IS NOT NULL AND NOT d.id = ANY($3::uuid[])
        AND (d.next_attempt_at <= $2 OR d.next_attempt_at > $2::timestamptz + interval '1 minute')
        AND NOT EXISTS (
            SELECT FROM inbox.disclosures e
            WHERE e.contract = d.contract AND e.subject = d.subject AND e.position < d.position
                AND e.state IN ('waiting', 'dead')
        )
    ORDER BY d.position LIMIT $5
)
SELECT d.id, d.subject, d.partition, d.token, d.attempts, d.flagged, r.version AS last_version, d.plan
FROM (SELECT * FROM live UNION ALL SELECT * FROM replayed) AS d
LEFT JOIN inbox.residents r ON r.contract = d.contract AND r.subject = d.subject
ORDER BY d.next_attempt_at, d.position

-- name: probe
-- One head to try a counterpart with that was down: the one that failed least, or a poisoned one would keep it shut.
-- What rests until the counterpart opens tries nothing.
SELECT d.id, d.subject, d.partition, d.token, d.attempts, d.flagged, r.version AS last_version, d.plan
FROM inbox.disclosures d
LEFT JOIN inbox.residents r ON r.contract = d.contract AND r.subject = d.subject
WHERE d.contract = $1 AND d.state = 'waiting' AND NOT d.id = ANY($2::uuid[])
    AND NOT (d.code = 'resting' AND d.next_attempt_at > $3)
    AND NOT EXISTS (
        SELECT FROM inbox.disclosures e
        WHERE e.contract = d.contract AND e.subject = d.subject AND e.position < d.position
            AND e.state IN ('waiting', 'dead')
    )
ORDER BY d.attempts, d.position LIMIT 1

-- name: unscouted
-- Disclosures that wait behind others of their resident and were not yet looked at for the beginning of a protection.
SELECT d.id, d.subject, d.partition, d.token, d.position
FROM inbox.disclosures d
WHERE d.contract = $1 AND d.state = 'waiting' AND NOT d.scouted AND NOT d.subject = ANY($2::bytea[])
    AND EXISTS (
        SELECT FROM inbox.disclosures e
        WHERE e.contract = d.contract AND e.subject = d.subject AND e.position < d.position
            AND e.state IN ('waiting', 'dead')
    )
ORDER BY d.position LIMIT 200

-- name: unsettled
-- What the bound of the inbox counts: everything that nobody has confirmed.
SELECT count(*) FROM inbox.disclosures WHERE contract = $1 AND state IN ('waiting', 'dead')
