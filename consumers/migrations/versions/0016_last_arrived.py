"""What each resident was last told of that has reached the counterpart: what is counted that it should hold."""

from hub.migrate import run

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create inbox.last_arrived, of the ledger beside the inbox.

    What has not reached the counterpart (waits, is a dead letter, was closed or overtaken) is left out; what was never
    delivered because its key was destroyed is not, so that it is seen by whoever counts. `delivered_at`: None of that,
    and of what the inbox does not know (any more).
    """
    run(
        """
        CREATE VIEW inbox.last_arrived AS
        SELECT DISTINCT ON (t.contract, l.subject) t.contract, l.subject, t.state,
            CASE WHEN d.state = 'delivered' THEN d.settled_at END AS delivered_at
        FROM hub.told t
        JOIN hub.ledger l ON l.change = t.change AND l.partition = t.partition
        LEFT JOIN inbox.disclosures d ON d.contract = t.contract AND d.id = t.disclosure
        WHERE coalesce(d.state, 'delivered') IN ('delivered', 'erased')
        ORDER BY t.contract, l.subject, t.seq DESC
        """
    )
