"""Accounts with duties, their tokens, and the audit; what persons ask for waits until another one has approved it."""

from hub.migrate import run

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create hub.people, hub.tokens, hub.audit and hub.requests; say in hub.acts whose accounts stand behind it.

    Acts from before have the names that were typed, which nothing proved: their accounts stay empty.
    """
    run(
        """
        CREATE TABLE hub.people (
            id          uuid PRIMARY KEY,
            name        text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9._-]{1,39}$'),
            duties      text[] NOT NULL CHECK (cardinality(duties) > 0),
            password    text NOT NULL,
            provisional boolean NOT NULL,
            made_at     timestamptz NOT NULL,
            retired_at  timestamptz,
            failures    integer NOT NULL DEFAULT 0,
            waits_until timestamptz
        );
        CREATE TABLE hub.tokens (
            id         uuid PRIMARY KEY,
            person     uuid NOT NULL REFERENCES hub.people,
            digest     bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
            label      text NOT NULL,
            made_at    timestamptz NOT NULL,
            expires_at timestamptz NOT NULL CHECK (expires_at > made_at),
            revoked_at timestamptz,
            used_at    timestamptz
        );
        CREATE INDEX tokens_of_person ON hub.tokens (person);
        CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON hub.people
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON hub.tokens
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();

        CREATE TABLE hub.audit (
            id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            person   uuid NOT NULL REFERENCES hub.people,
            act      text NOT NULL,
            object   text NOT NULL,
            code     text NOT NULL CHECK (code <> ''),
            noted_at timestamptz NOT NULL,
            details  jsonb NOT NULL
        );
        CREATE INDEX audit_by_time ON hub.audit (noted_at);
        CREATE INDEX audit_of_person ON hub.audit (person, noted_at);
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.audit
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();

        CREATE TABLE hub.requests (
            id           uuid PRIMARY KEY,
            requested_by uuid NOT NULL REFERENCES hub.people,
            requested_at timestamptz NOT NULL,
            expires_at   timestamptz NOT NULL CHECK (expires_at > requested_at),
            reason       text NOT NULL CHECK (reason <> ''),
            topic        text NOT NULL,
            partition    integer NOT NULL,
            letter       bigint NOT NULL,
            discarded    bigint[] NOT NULL
        );
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.requests
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();

        ALTER TABLE hub.acts
            ADD COLUMN request  uuid UNIQUE REFERENCES hub.requests,
            ADD COLUMN orderer  uuid REFERENCES hub.people,
            ADD COLUMN approver uuid REFERENCES hub.people,
            ADD CHECK (orderer <> approver),
            ADD CHECK ((request IS NULL) = (orderer IS NULL) AND (orderer IS NULL) = (approver IS NULL))
        """
    )
