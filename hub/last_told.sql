-- name: lines
-- Every line of the ledger about these residents, the newest first.
SELECT subject, partition, change, recorded_at, line FROM hub.ledger
WHERE subject = ANY($1::bytea[]) ORDER BY subject, recorded_at DESC, ledger_offset DESC

-- name: hand_overs
-- How the hand-over of each of these stands; null: it has not come into the inbox, or is no longer in it.
SELECT s.disclosure, d.state, o.last_seq >= s.seq AS read
FROM unnest($2::uuid[], $3::int[], $4::bigint[]) AS s (disclosure, partition, seq)
LEFT JOIN inbox.disclosures d ON d.contract = $1 AND d.id = s.disclosure
LEFT JOIN inbox.offsets o ON o.contract = $1 AND o.partition = s.partition

-- name: blocked
-- Who has a dead letter, behind which everything else about them waits.
SELECT DISTINCT subject FROM inbox.disclosures WHERE contract = $1 AND state = 'dead' AND subject = ANY($2::bytea[])
