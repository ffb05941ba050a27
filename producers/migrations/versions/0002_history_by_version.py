"""What was recorded can be read in the order of recording, for those who look back over months."""

from hub.migrate import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Index the history by version."""
    run("CREATE INDEX history_recorded ON registry.history (version, change)")
