"""Who is due, and whom to try a counterpart with, is found without walking over all that waits."""

from hub.migrate import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """An index of the living traffic by the time at which it is due, and one of all by how often it has failed."""
    run(
        """
        CREATE INDEX disclosures_due ON inbox.disclosures (contract, next_attempt_at, position)
            WHERE state = 'waiting' AND plan IS NULL;
        CREATE INDEX disclosures_by_failures ON inbox.disclosures (contract, attempts, position)
            WHERE state = 'waiting'
        """
    )
