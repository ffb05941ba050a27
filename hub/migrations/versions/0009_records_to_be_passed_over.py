"""A second kind of act: a record before which a partition stands still is passed over."""

from hub.migrate import run

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Let hub.acts have the kind `pass-record`; its letter is an offset of the Changes."""
    run(
        """
        ALTER TABLE hub.acts DROP CONSTRAINT acts_kind_check,
            ADD CONSTRAINT acts_kind_check CHECK (kind IN ('release-quarantined', 'pass-record'))
        """
    )
