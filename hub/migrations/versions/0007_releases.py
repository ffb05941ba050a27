"""Releases: what a replay has released once more, a line of the ledger each, archived beside the first tellings."""

from hub.migrate import run

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create hub.releases, append-only."""
    run(
        """
        CREATE TABLE hub.releases (
            partition     integer NOT NULL,
            ledger_offset bigint NOT NULL,
            plan          uuid NOT NULL,
            disclosure    uuid NOT NULL,
            change        uuid,
            contract      text NOT NULL,
            contract_hash text NOT NULL,
            state         text NOT NULL,
            items         text[] NOT NULL,
            token_sha256  bytea NOT NULL,
            requested_by  uuid NOT NULL,
            approved_by   uuid NOT NULL,
            recorded_at   timestamptz NOT NULL,
            line          bytea NOT NULL,
            PRIMARY KEY (plan, disclosure),
            CHECK (requested_by <> approved_by)
        );
        CREATE INDEX releases_of_change ON hub.releases (change);
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.releases
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only()
        """
    )
