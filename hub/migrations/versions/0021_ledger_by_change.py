"""Whose a line of the ledger is, and by which change, without a look at the line itself."""

from hub.migrate import run

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """The index by change holds partition and subject too; the one that it takes the place of goes.

    Whoever counts over all tellings (inbox.last_arrived) would read every line of the ledger for its subject.
    """
    run(
        """
        CREATE INDEX ledger_by_change ON hub.ledger (change, partition) INCLUDE (subject);
        DROP INDEX hub.ledger_of_change
        """
    )
