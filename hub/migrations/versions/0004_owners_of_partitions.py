"""Who owns which partition of the Changes, and under which transactional id: one row each, moved on by epoch."""

from hub.migrate import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create hub.owners."""
    run(
        """
        CREATE TABLE hub.owners (
            topic       text NOT NULL,
            partition   integer NOT NULL,
            owner       uuid,
            transaction text,
            epoch       bigint NOT NULL DEFAULT 0,
            since       timestamptz,
            PRIMARY KEY (topic, partition),
            CHECK ((owner IS NULL) = (transaction IS NULL))
        )
        """
    )
