"""What is wrapped here says under which KEK it is, and nothing is wrapped under one that was retired (hub 0014)."""

from hub.migrate import run

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Let hub.kek_in_use watch over inbox.clients, inbox.access_keys and inbox.copy_erasures."""
    run(
        """
        ALTER TABLE inbox.copy_erasures ADD COLUMN kek text;
        UPDATE inbox.copy_erasures SET kek = 'file-1' WHERE number_wrapped IS NOT NULL;
        ALTER TABLE inbox.copy_erasures ADD CHECK ((kek IS NULL) = (number_wrapped IS NULL));
        CREATE TRIGGER kek_in_use BEFORE INSERT OR UPDATE OF kek ON inbox.clients
            FOR EACH ROW EXECUTE FUNCTION hub.kek_in_use();
        CREATE TRIGGER kek_in_use BEFORE INSERT OR UPDATE OF kek ON inbox.access_keys
            FOR EACH ROW EXECUTE FUNCTION hub.kek_in_use();
        CREATE TRIGGER kek_in_use BEFORE INSERT OR UPDATE OF kek ON inbox.copy_erasures
            FOR EACH ROW EXECUTE FUNCTION hub.kek_in_use()
        """
    )
