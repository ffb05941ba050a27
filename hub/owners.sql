-- name: prepare
-- A row for every partition, so that compare-and-set has something to compare; no owner: nobody is known.
INSERT INTO hub.owners (topic, partition) SELECT $1, part FROM unnest($2::int[]) AS part ON CONFLICT DO NOTHING

-- name: owners
SELECT partition, owner, transaction, epoch FROM hub.owners
WHERE topic = $1 AND partition = ANY($2::int[]) ORDER BY partition

-- name: take
-- Compare and set: a row whose epoch has moved is not touched, and then the whole take-over does not count.
UPDATE hub.owners o SET owner = $2, transaction = $3, epoch = o.epoch + 1, since = clock_timestamp()
FROM unnest($4::int[], $5::bigint[]) AS seen (partition, epoch)
WHERE o.topic = $1 AND o.partition = seen.partition AND o.epoch = seen.epoch
