"""The clock of the real processes and commands; everything below gets the time passed in."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
