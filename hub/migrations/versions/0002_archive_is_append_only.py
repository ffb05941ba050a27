"""What is archived of the ledger is neither changed nor removed: a trigger refuses, whoever asks."""

from hub.migrate import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Guard hub.ledger and hub.told."""
    run(
        """
        CREATE FUNCTION hub.append_only() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'append only' USING ERRCODE = '0LP01'; END $$;
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.ledger
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.told
            FOR EACH STATEMENT EXECUTE FUNCTION hub.append_only();
        """
    )
