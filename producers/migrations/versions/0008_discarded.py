"""What was removed because its time was over: how many of what, in the transaction that removed it. Nobody is named."""

from hub.migrate import run

revision = "0008"
down_revision = "0007"

DISCARDED = """
CREATE TABLE registry.discarded (
    run uuid PRIMARY KEY,                       -- as the hub knows it
    holds text NOT NULL,
    count bigint NOT NULL,
    oldest date,
    newest date,
    at timestamptz NOT NULL
)
"""
BY_DAY = "CREATE INDEX notice_by_day ON registry.notice (filed_at)"


def upgrade() -> None:
    """Make the table; find notices by their day."""
    for statement in (DISCARDED, BY_DAY):
        run(statement)
