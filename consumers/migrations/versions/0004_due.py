"""Who is due is found without walking over who rests: ten thousand behind dead letters cost a reading nothing."""

from hub.migrate import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """An index of the living traffic by the time at which it is due."""
    run(
        """
        CREATE INDEX disclosures_due ON inbox.disclosures (contract, next_attempt_at, position)
            WHERE state = 'waiting' AND plan IS NULL
        """
    )
