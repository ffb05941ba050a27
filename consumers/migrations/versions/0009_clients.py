"""Programs of subscribers that fetch what they are told (REST): asked for by one person, approved by another.

A client's secret is kept wrapped by the KEK, because an HMAC is verified with it; the keys that sign access tokens are
as well, one per day. An assertion is remembered until it is over, so that it counts once.
"""

from hub.migrate import run

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create what is known of clients."""
    run(
        """
        CREATE TABLE inbox.client_requests (
            id       uuid PRIMARY KEY,
            contract text NOT NULL,
            label    text NOT NULL CHECK (label <> ''),
            rights   text[] NOT NULL CHECK (cardinality(rights) > 0),
            reason   text NOT NULL CHECK (reason <> ''),
            asked_by uuid NOT NULL,
            asked_at timestamptz NOT NULL
        );
        CREATE TABLE inbox.clients (
            id          uuid PRIMARY KEY,
            request     uuid NOT NULL UNIQUE REFERENCES inbox.client_requests,
            approved_by uuid NOT NULL,
            approved_at timestamptz NOT NULL,
            secret      bytea NOT NULL,
            kek         text NOT NULL
        );
        CREATE TABLE inbox.client_ends (
            client     uuid PRIMARY KEY REFERENCES inbox.clients,
            reason     text NOT NULL CHECK (reason <> ''),
            revoked_by uuid NOT NULL,
            revoked_at timestamptz NOT NULL
        );
        CREATE TABLE inbox.client_assertions (
            client     uuid NOT NULL REFERENCES inbox.clients,
            jti        text NOT NULL,
            expires_at timestamptz NOT NULL,
            PRIMARY KEY (client, jti)
        );
        CREATE INDEX client_assertions_over ON inbox.client_assertions (expires_at);
        CREATE TABLE inbox.access_keys (
            kid     text PRIMARY KEY,
            wrapped bytea NOT NULL,
            kek     text NOT NULL
        );
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox.client_requests
            FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox.client_ends
            FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only()
        """
    )
