"""Who waits behind a letter follows it, as long as it may be said as it was sealed.

What was sealed under another contract than the one of today does not: it becomes a letter itself (`decide-again`), and
is decided again in a plan of its own. This is done in the transaction that lets the letter go, so that nobody slips
through in between. Until then, whoever waits behind a dead letter rests, so that a crowd of them costs nobody else.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from hub.database import Connection, Database, queries
from hub.errors import TokenRefused
from hub.seal import header

_SQL = queries(Path(__file__).with_name("followers.sql"))


async def parked_where_outdated(
    held: Connection, contract: str, in_force: str, subjects: Sequence[bytes], now: datetime
) -> int:
    """Park what waits for these residents and was sealed under another contract; how many. `in_force`: its hash."""
    rows = await held.fetch(_SQL["waiting_behind"], contract, list(subjects))
    outdated = [row["id"] for row in rows if _sealed_under(row["token"]) != in_force]
    return await held.execute(_SQL["park"], contract, outdated, now) if outdated else 0


async def put_off(database: Database, contract: str, now: datetime) -> int:
    """Let those who wait behind a dead letter rest for half a minute, or until `due`; how many. Some at a time."""
    return await database.execute(_SQL["put_off"], contract, now)


async def due(held: Connection, contract: str, subjects: Sequence[bytes], now: datetime) -> None:
    """A letter of these residents was let go: who waits behind it need not rest any longer."""
    await held.execute(_SQL["due"], contract, list(subjects), now)


def _sealed_under(token: bytes | None) -> str:
    try:
        return str(header(token)["ctr"])
    except TokenRefused:
        return ""
