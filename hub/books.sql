-- name: keep
-- The Book, once; the table itself refuses bytes of which the hash is not taken.
INSERT INTO hub.books (hash, document) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: one_at_a_time
-- Routers that start at once stand in line: the second sees what the first wrote, and adds nothing.
LOCK TABLE hub.book_uses IN SHARE ROW EXCLUSIVE MODE

-- name: begin_use
-- A row where another Book than the last one is used from now on; a clock that lags behind does not reorder them.
INSERT INTO hub.book_uses (hash, began_at)
SELECT $1, greatest($2::timestamptz, (SELECT max(began_at) FROM hub.book_uses))
WHERE $1 IS DISTINCT FROM (SELECT hash FROM hub.book_uses ORDER BY began_at DESC, id DESC LIMIT 1)

-- name: newest
-- The Book that is in use; none before a router has started.
SELECT hash FROM hub.book_uses ORDER BY began_at DESC, id DESC LIMIT 1

-- name: in_use_before
-- The Book whose use began last before a moment.
SELECT book.hash, book.document FROM hub.book_uses AS use JOIN hub.books AS book USING (hash)
WHERE use.began_at < $1 ORDER BY use.began_at DESC, use.id DESC LIMIT 1

-- name: named
-- Books whose hash begins so; two are enough to know that the beginning is too short.
SELECT hash, document FROM hub.books WHERE starts_with(hash, $1) ORDER BY hash LIMIT 2

-- name: used
-- Every Book that was ever used.
SELECT hash, document FROM hub.books WHERE hash IN (SELECT hash FROM hub.book_uses)

-- name: uses
-- Since when which Book was in use, in their order.
SELECT hash, began_at FROM hub.book_uses ORDER BY began_at, id
