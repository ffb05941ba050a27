"""When somebody was last noted as having come with a token that no longer counts: once an hour is enough."""

from hub.migrate import run

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Let hub.tokens remember it."""
    run("ALTER TABLE hub.tokens ADD COLUMN refused_at timestamptz")
