"""Retention: runs of the rules, and certificates of what was erased; keys that a rule has destroyed.

A key that was destroyed by a rule has no second person; one that persons have named still has two.
"""

from hub.migrate import run

revision = "0016"
down_revision = "0014"


def upgrade() -> None:
    """Create hub.retention_runs and hub.certificates; let hub.erased_keys have rows that a rule alone stands behind."""
    run(
        """
        ALTER TABLE hub.erased_keys ALTER COLUMN approved_by DROP NOT NULL,
            ADD CHECK (approved_by IS NOT NULL OR rule <> 'by-order');
        CREATE TABLE hub.retention_runs (
            id       uuid PRIMARY KEY,
            rule     text NOT NULL,
            said     jsonb NOT NULL,
            holds    text NOT NULL,
            since    date NOT NULL,
            until    date NOT NULL,
            run_by   uuid NOT NULL REFERENCES hub.people,
            begun_at timestamptz NOT NULL
        );
        CREATE TABLE hub.certificates (
            id        uuid PRIMARY KEY,
            content   bytea NOT NULL,
            key       bytea NOT NULL CHECK (length(key) = 32),
            signature bytea NOT NULL CHECK (length(signature) = 64),
            issued_at timestamptz NOT NULL
        );
        CREATE INDEX erased_keys_of_act ON hub.erased_keys (act);
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.retention_runs
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.certificates
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only()
        """
    )
