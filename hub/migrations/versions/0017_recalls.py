"""Stops of feeds, recalls of what subscribers hold, their notices and confirmations; an eighth kind of act.

All of it is append-only. A plan is kept as the bytes of which its hash is taken; a notice is signed once.
"""

from hub.migrate import run

revision = "0017"
down_revision = "0018"


def upgrade() -> None:
    """Create hub.stops, hub.recalls, hub.recall_notices and hub.recall_confirmations; a further kind of act."""
    run(
        """
        CREATE TABLE hub.stops (
            contract   text NOT NULL,
            stopped_on date NOT NULL,
            stopped_at timestamptz NOT NULL,
            stopped_by uuid NOT NULL REFERENCES hub.people,
            reason     text NOT NULL CHECK (reason <> ''),
            PRIMARY KEY (contract, stopped_on)
        );
        CREATE TABLE hub.recalls (
            request  uuid PRIMARY KEY REFERENCES hub.requests,
            contract text NOT NULL,
            why      text NOT NULL CHECK (why IN ('ended', 'narrowed')),
            items    text[] NOT NULL CHECK (cardinality(items) > 0),
            hash     text NOT NULL,
            content  bytea NOT NULL CHECK (encode(sha256(content), 'hex') = hash)
        );
        CREATE INDEX recalls_of_contract ON hub.recalls (contract);
        CREATE TABLE hub.recall_notices (
            recall    uuid PRIMARY KEY REFERENCES hub.acts,
            content   bytea NOT NULL,
            key       bytea NOT NULL CHECK (length(key) = 32),
            signature bytea NOT NULL CHECK (length(signature) = 64),
            issued_at timestamptz NOT NULL,
            due_on    date NOT NULL
        );
        CREATE TABLE hub.recall_confirmations (
            id       uuid PRIMARY KEY,
            recall   uuid NOT NULL REFERENCES hub.recall_notices,
            items    text[] NOT NULL CHECK (cardinality(items) > 0),
            result   text NOT NULL CHECK (result IN ('deleted', 'returned', 'kept')),
            article  text CHECK ((result = 'kept') = (article IS NOT NULL)),
            said_by  text NOT NULL CHECK (said_by <> ''),
            way      text NOT NULL CHECK (way IN ('paper', 'electronic', 'inspection')),
            said_on  date NOT NULL,
            paper    bytea CHECK (length(paper) = 32),
            noted_by uuid NOT NULL REFERENCES hub.people,
            noted_at timestamptz NOT NULL
        );
        CREATE INDEX recall_confirmations_of ON hub.recall_confirmations (recall);
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.stops
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.recalls
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.recall_notices
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.recall_confirmations
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();

        ALTER TABLE hub.acts DROP CONSTRAINT acts_kind_check,
            ADD CONSTRAINT acts_kind_check CHECK (kind IN (
                'release-quarantined', 'pass-record', 'destroy-keys', 'tell-again', 'transfer', 'rotate-kek',
                'destroy-kek', 'recall'
            ))
        """
    )
