"""A crowd that is open is counted, resident by resident, without a look at its rows, which hold the tokens."""

from hub.migrate import run

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """The index by resident holds what is counted; the one that it takes the place of goes."""
    run(
        """
        CREATE INDEX disclosures_open ON inbox.disclosures (contract, subject, position)
            INCLUDE (partition, seq, received_at, state, code, next_attempt_at) WHERE state IN ('waiting', 'dead');
        DROP INDEX inbox.disclosures_of_subject
        """
    )
