"""Whom persons want told again, and to whom: append-only; a fourth kind of act. They are named by pseudonyms."""

from hub.migrate import run

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create hub.told_again; let hub.acts have the kind `tell-again`."""
    run(
        """
        CREATE TABLE hub.told_again (
            request  uuid PRIMARY KEY REFERENCES hub.requests,
            contract text NOT NULL,
            subjects bytea[] NOT NULL CHECK (cardinality(subjects) > 0)
        );
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.told_again
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();

        ALTER TABLE hub.acts DROP CONSTRAINT acts_kind_check,
            ADD CONSTRAINT acts_kind_check
            CHECK (kind IN ('release-quarantined', 'pass-record', 'destroy-keys', 'tell-again'))
        """
    )
