"""Orders for 随時移転, and the terminals from which many residents may be extracted at once; a fifth kind of act.

An order is append-only and names residents by the contract's pseudonyms; its purpose is the reason of its request. Of a
terminal's secret the SHA-256 alone is kept.
"""

from hub.migrate import run

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Create hub.transfers and hub.terminals; let hub.acts have the kind `transfer`."""
    run(
        """
        CREATE TABLE hub.transfers (
            request  uuid PRIMARY KEY REFERENCES hub.requests,
            contract text NOT NULL,
            items    text[] NOT NULL CHECK (cardinality(items) > 0),
            basis    text[] NOT NULL CHECK (cardinality(basis) > 0),
            until    date NOT NULL,
            chosen   text NOT NULL CHECK (chosen <> ''),
            subjects bytea[] NOT NULL CHECK (cardinality(subjects) > 0)
        );
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.transfers
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();

        CREATE TABLE hub.terminals (
            id         uuid PRIMARY KEY,
            name       text NOT NULL CHECK (name ~ '^[a-z][a-z0-9._-]{1,39}$'),
            digest     bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
            allowed_by uuid NOT NULL REFERENCES hub.people,
            allowed_at timestamptz NOT NULL,
            revoked_at timestamptz
        );
        CREATE UNIQUE INDEX terminals_allowed ON hub.terminals (name) WHERE revoked_at IS NULL;
        CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON hub.terminals
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();

        ALTER TABLE hub.acts DROP CONSTRAINT acts_kind_check,
            ADD CONSTRAINT acts_kind_check
            CHECK (kind IN ('release-quarantined', 'pass-record', 'destroy-keys', 'tell-again', 'transfer'))
        """
    )
