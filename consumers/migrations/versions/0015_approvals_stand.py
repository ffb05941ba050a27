"""Who has asked for something, or approved it, is written once: also where a row goes on to be written otherwise.

A client's secret is bound to the contract and the rights that were approved (`bound`); those from before are not, and
are replaced by registering the client anew.
"""

from hub.migrate import run

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Guard inbox.clients, inbox.copy_erasures and inbox.reloads; let inbox.clients say what a secret is bound to."""
    run(
        """
        ALTER TABLE inbox.clients ADD COLUMN bound boolean NOT NULL DEFAULT false;
        CREATE TRIGGER append_only
            BEFORE DELETE OR TRUNCATE OR UPDATE OF id, request, approved_by, approved_at ON inbox.clients
            FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only();
        CREATE TRIGGER append_only
            BEFORE DELETE OR TRUNCATE OR UPDATE OF id, contract, reason, requested_by, requested_at
            ON inbox.copy_erasures FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only();
        CREATE TRIGGER set_once BEFORE UPDATE OF approved_by, begun_at ON inbox.copy_erasures
            FOR EACH ROW WHEN (OLD.begun_at IS NOT NULL) EXECUTE FUNCTION inbox.append_only();
        CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE OR UPDATE OF id, contract, begun_at, begun_by
            ON inbox.reloads FOR EACH STATEMENT EXECUTE FUNCTION inbox.append_only();
        CREATE TRIGGER set_once BEFORE UPDATE OF ended_at, ended_by ON inbox.reloads
            FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION inbox.append_only()
        """
    )
