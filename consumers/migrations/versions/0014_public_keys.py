"""Public keys of subscribers, registered by two persons; several may count at once. And what was handed out to them."""

from hub.migrate import run

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create what is known of public keys, append-only."""
    run(
        """
        CREATE TABLE inbox.public_keys (
            id         uuid PRIMARY KEY,
            contract   text NOT NULL,
            thumbprint text NOT NULL CHECK (length(thumbprint) = 43),
            jwk        bytea NOT NULL,
            reason     text NOT NULL CHECK (reason <> ''),
            asked_by   uuid NOT NULL,
            asked_at   timestamptz NOT NULL
        );
        CREATE TABLE inbox.public_key_approvals (
            key         uuid PRIMARY KEY REFERENCES inbox.public_keys,
            approved_by uuid NOT NULL,
            approved_at timestamptz NOT NULL
        );
        CREATE TABLE inbox.public_key_ends (
            key      uuid PRIMARY KEY REFERENCES inbox.public_keys,
            reason   text NOT NULL CHECK (reason <> ''),
            ended_by uuid NOT NULL,
            ended_at timestamptz NOT NULL
        );
        CREATE TABLE inbox.key_handouts (
            id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            client     uuid NOT NULL REFERENCES inbox.clients,
            contract   text NOT NULL,
            kid        text NOT NULL,
            thumbprint text NOT NULL,
            code       text NOT NULL CHECK (code <> ''),
            at         timestamptz NOT NULL
        );
        CREATE INDEX key_handouts_of_contract ON inbox.key_handouts (contract, at);
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox.public_keys
            FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox.public_key_approvals
            FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox.public_key_ends
            FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox.key_handouts
            FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only()
        """
    )
