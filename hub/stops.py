"""Feeds that persons have stopped: from then on the contract is told nothing, and what waits for it is put off.

A stop is a line that is never altered. It holds for the contract that was in force on its day; one whose period begins
on a later day was approved anew, is another, and is told again. Whoever tells, hands over, writes a file, gives a token
or a key asks the database itself, a second ago at the latest; where the database is away, nobody is handed anything.
What was not told meanwhile is not kept: who begins again needs a first load.
"""

import time
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Final

from contracts.book import Book
from contracts.change import JAPAN
from contracts.contract import Contract
from hub.config import Settings
from hub.database import Database, connect, queries
from hub.errors import DependencyUnavailable, NotPermitted

BEAT_SECONDS: Final = 1.0
"""Between two questions of one process: so long a stop may be unknown to it."""

_SQL = queries(Path(__file__).with_suffix(".sql"))


def holds(stopped_on: date | None, contract: Contract) -> bool:
    """Whether a stop of this day is about `contract` as it is now."""
    return stopped_on is not None and contract.in_force_from <= stopped_on


async def stopped(database: Database, contracts: Iterable[Contract]) -> frozenset[str]:
    """Which of these contracts are stopped."""
    days = {row["contract"]: row["stopped_on"] for row in await database.fetch(_SQL["stops"])}
    return frozenset(one.id for one in contracts if holds(days.get(one.id), one))


async def known(settings: Settings, book: Book) -> frozenset[str]:
    """The same for whoever has no connection. None where the database is none of this release yet, or there is none in
    development; in production DependencyUnavailable, or rights would be given back to who was stopped."""
    if not settings.database:
        if settings.env == "production":
            raise DependencyUnavailable("no-database", "HUB_DATABASE", "Name it: it knows which feeds are stopped")
        return frozenset()
    async with connect(settings.database, size=1) as database:
        if not await database.fetchval(_SQL["is_there"]):
            return frozenset()
        return await stopped(database, book.contracts.values())


async def silent(settings: Settings, book: Book, now: datetime) -> frozenset[str]:
    """Those that read nothing any more: `known` as stopped, or their last day is over, in Japan."""
    today = now.astimezone(JAPAN).date()
    return await known(settings, book) | {one.id for one in book.contracts.values() if one.is_over(today)}


class Stops:
    """What a process knows of stops: asked anew with every beat."""

    def __init__(self, database: Database, *contracts: Contract) -> None:
        self._database = database
        self._contracts = contracts
        self._known: frozenset[str] = frozenset()
        self._due = 0.0

    async def now(self) -> frozenset[str]:
        """The stopped contracts, as of a beat ago; DatabaseError where nobody can say."""
        if (at := time.monotonic()) >= self._due:
            self._known = await stopped(self._database, self._contracts)
            self._due = at + BEAT_SECONDS
        return self._known

    async def check(self) -> None:
        """NotPermitted where one of them is stopped."""
        for name in sorted(await self.now()):
            raise NotPermitted("contract-stopped", name, "`jukihub recall show` says since when and why")
