"""`registry.report` wakes nobody: the relay looks by itself.

A NOTIFY takes a lock of the whole server from before its commit until that is on disk. It stood in the transactions of
whoever reports, so that no two of them could commit at the same time, whatever else they did.
"""

from hub.migrate import run

revision = "0011"
down_revision = "0010"

REPORT = """
DO $do$ BEGIN
    EXECUTE replace(
        pg_get_functiondef('registry.report'::regproc), $line$PERFORM pg_notify('registry_outbox', '');$line$, ''
    );
END $do$
""".replace(";\n", "; \n")  # else `run` would take its lines for statements


def upgrade() -> None:
    """Make the function anew, without it."""
    run(REPORT)
