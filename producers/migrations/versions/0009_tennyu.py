"""Which 転入通知 were refused, so that a clerk is told of each once: id and closed code, nothing of a person."""

from hub.migrate import run

revision = "0009"
down_revision = "0008"

TENNYU = """
CREATE TABLE registry.tennyu (
    id uuid PRIMARY KEY,                        -- of the notice; of what has none, made of its bytes
    code text NOT NULL,
    told_at timestamptz NOT NULL
)
"""


def upgrade() -> None:
    """Make the table."""
    run(TENNYU)
