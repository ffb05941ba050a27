"""When an entry of the audit was written, by the database's clock; and a week is signed once by each list."""

from hub.migrate import run

revision = "0024"
down_revision = "0021"


def upgrade() -> None:
    """Give hub.audit `written_at`, set by a trigger whatever is inserted, null for what lies there already.

    It is no part of `hub.audit_line`: what was exported and proved stays so. A week that was signed by the rules of
    whoever typed is signed again by those that count, so the digest is part of the key of hub.audit_reviews.
    """
    run(
        """
        ALTER TABLE hub.audit ADD COLUMN written_at timestamptz;
        CREATE FUNCTION hub.audit_written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            NEW.written_at := clock_timestamp(); RETURN NEW; END $$;
        CREATE TRIGGER written BEFORE INSERT ON hub.audit FOR EACH ROW EXECUTE FUNCTION hub.audit_written();
        CREATE INDEX audit_of_another_time ON hub.audit (written_at)
            WHERE noted_at - written_at NOT BETWEEN interval '-10 minutes' AND interval '10 minutes';
        ALTER TABLE hub.audit_reviews DROP CONSTRAINT audit_reviews_pkey, ADD PRIMARY KEY (week, digest)
        """
    )
