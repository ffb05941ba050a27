"""By which rule of retention keys were asked to be destroyed, in the words of that day, with the request."""

from hub.migrate import run

revision = "0022"
down_revision = "0023"


def upgrade() -> None:
    """Let hub.erasures name a rule. What is there already is an order of two persons, as it was certified."""
    run(
        """
        ALTER TABLE hub.erasures
            ADD COLUMN rule text NOT NULL DEFAULT 'by-order',
            ADD COLUMN said jsonb,
            ADD CHECK ((rule = 'by-order') = (said IS NULL))
        """
    )
