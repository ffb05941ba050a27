"""What the watch counts and finds, how far the archive was forwarded to it, and protections on their way."""

from hub.migrate import run

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create hub.protections and the tables hub.watch_*."""
    run(
        """
        CREATE TABLE hub.protections (
            contract    text NOT NULL,
            disclosure  uuid NOT NULL,
            recorded_at timestamptz NOT NULL,
            PRIMARY KEY (contract, disclosure)
        );
        CREATE TABLE hub.watch_forwarded (
            partition   integer PRIMARY KEY,
            next_offset bigint NOT NULL
        );
        CREATE TABLE hub.watch_marks (
            contract  text NOT NULL,
            partition integer NOT NULL,
            last_seq  bigint NOT NULL,
            told_at   timestamptz NOT NULL,
            PRIMARY KEY (contract, partition)
        );
        CREATE TABLE hub.watch_hours (
            contract text NOT NULL,
            hour     timestamptz NOT NULL,
            told     bigint NOT NULL,
            late     bigint NOT NULL,
            PRIMARY KEY (contract, hour)
        );
        CREATE TABLE hub.watch_breaches (
            contract text NOT NULL,
            code     text NOT NULL CHECK (code IN ('service-level', 'unusual-volume', 'traffic-missing')),
            began_at timestamptz NOT NULL,
            ended_at timestamptz,
            figure   double precision NOT NULL,
            bound    double precision NOT NULL,
            PRIMARY KEY (contract, code, began_at)
        );
        CREATE UNIQUE INDEX watch_breaches_open ON hub.watch_breaches (contract, code) WHERE ended_at IS NULL
        """
    )
