"""What persons have ordered, with reason and second person, and how it ended: both append-only."""

from hub.migrate import run

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create hub.acts and hub.act_ends."""
    run(
        """
        CREATE TABLE hub.acts (
            id          uuid PRIMARY KEY,
            kind        text NOT NULL CHECK (kind IN ('release-quarantined')),
            ordered_at  timestamptz NOT NULL,
            ordered_by  text NOT NULL CHECK (ordered_by <> ''),
            approved_by text NOT NULL CHECK (approved_by <> ''),
            reason      text NOT NULL CHECK (reason <> ''),
            topic       text NOT NULL,
            partition   integer NOT NULL,
            letter      bigint NOT NULL,
            discarded   bigint[] NOT NULL,
            CHECK (ordered_by <> approved_by)
        );
        CREATE TABLE hub.act_ends (
            act      uuid PRIMARY KEY REFERENCES hub.acts,
            ended_at timestamptz NOT NULL,
            code     text NOT NULL,
            count    integer NOT NULL
        );
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.acts
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.act_ends
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only()
        """
    )
