"""Every Book whole, as the bytes of which its hash is taken, and since when it was in use.

What was kept before was the contracts alone, under a hash of something else: no later version can tell whether it is
whole, and the law that it stood under is missing. It stays, under a name that says so, because lines of the ledger
name those hashes; nothing reads it.
"""

from hub.migrate import run

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Put the old form aside; create hub.books and hub.book_uses, both append-only."""
    run(
        """
        ALTER TABLE hub.books RENAME TO books_without_their_law;
        ALTER TABLE hub.books_without_their_law RENAME CONSTRAINT books_pkey TO books_without_their_law_pkey;

        CREATE TABLE hub.books (
            hash     text PRIMARY KEY,
            document bytea NOT NULL CHECK (encode(sha256(document), 'hex') = hash)
        );
        CREATE TABLE hub.book_uses (
            id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            hash     text NOT NULL REFERENCES hub.books,
            began_at timestamptz NOT NULL
        );
        CREATE INDEX book_uses_by_time ON hub.book_uses (began_at, id);
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.books
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.book_uses
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();

        CREATE INDEX ledger_by_time ON hub.ledger USING brin (recorded_at)
        """
    )
