"""A further end of a disclosure: its key was destroyed before it was delivered, so nobody can open it any more."""

from hub.migrate import run

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Let inbox.disclosures have the state `erased`, of which no token is kept."""
    run(
        """
        ALTER TABLE inbox.disclosures
            DROP CONSTRAINT disclosures_state_check,
            ADD CONSTRAINT disclosures_state_check CHECK (
                state IN ('waiting', 'delivered', 'dead', 'superseded', 'discarded', 'corrected', 'erased')
            ),
            ADD CHECK (state <> 'erased' OR (token IS NULL AND settled_at IS NOT NULL))
        """
    )
