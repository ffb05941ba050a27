"""Who waits behind a letter follows it, as long as it may be said as it was sealed.

What was sealed under another contract than the one of today does not; nor does anything once the contract or a grant of
it is over, or where the contract withholds protected persons, because a protection that has begun since is known to
deciding again alone. It becomes a letter itself (`decide-again`), and is decided again in a plan of its own. This is
done in the transaction that lets the letter go, so that nobody slips through in between. Until then, whoever waits
behind a dead letter rests, so that a crowd of them costs nobody else.
"""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from contracts.change import JAPAN
from contracts.contract import Contract
from hub.database import Connection, Database, queries
from hub.errors import TokenRefused
from hub.seal import header

_SQL = queries(Path(__file__).with_name("followers.sql"))


async def parked_where_outdated(
    held: Connection, name: str, contract: Contract | None, subjects: Sequence[bytes], now: datetime
) -> int:
    """Park what waits for these residents and may not be said as it is; how many. `contract`: None where it is gone."""
    rows = await held.fetch(_SQL["waiting_behind"], name, list(subjects))
    today = now.astimezone(JAPAN).date()
    outdated = [row["id"] for row in rows if not may_follow(row["token"], contract, today)]
    return await held.execute(_SQL["park"], name, outdated, now) if outdated else 0


async def put_off(database: Database, contract: str, now: datetime) -> int:
    """Let those who wait behind a dead letter rest for half a minute, or until `due`; how many. Some at a time."""
    return await database.execute(_SQL["put_off"], contract, now)


async def due(held: Connection, contract: str, subjects: Sequence[bytes], now: datetime) -> None:
    """A letter of these residents was let go: who waits behind it need not rest any longer."""
    await held.execute(_SQL["due"], contract, list(subjects), now)


def may_follow(token: bytes | None, contract: Contract | None, today: date) -> bool:
    """Whether what lies in `token` may be said today as it was sealed, as far as the contract alone can tell."""
    if contract is None or contract.protected == "withhold" or not contract.in_force(today):
        return False
    if any(grant.until is not None and grant.until < today for grant in contract.granted):
        return False  # a token does not say of which day it was decided, so it may hold what is over
    try:
        return str(header(token)["ctr"]) == contract.hash
    except TokenRefused:
        return False
