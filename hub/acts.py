"""Acts of persons: ordered with a reason and by two persons, carried out by the process that may, never altered.

Who orders writes a line; the router, which alone may move on in its partitions, carries it out in a transaction of its
own and writes how it ended. Names are what was given on the command line: nothing here proves them yet.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from hub.database import Database, queries
from hub.errors import ApprovalRequired, UsageError

_SQL = queries(Path(__file__).with_name("acts.sql"))


@dataclass(frozen=True, slots=True)
class Persons:
    """Who orders, who approves, and why. `reason` is kept for ever: it says nothing about a resident."""

    by: str
    approved_by: str
    reason: str

    def check(self) -> None:
        """ApprovalRequired unless two persons stand behind it; UsageError without a name or a reason."""
        for value, option in ((self.by, "--by"), (self.reason, "--reason")):
            if not value.strip():
                raise UsageError("empty", option)
        if not self.approved_by.strip():
            raise ApprovalRequired("second-person-missing", "--approved-by")
        if _same(self.by) == _same(self.approved_by):
            raise ApprovalRequired("second-person-is-the-first", "--approved-by")


@dataclass(frozen=True, slots=True)
class Release:
    """Route the letters of one resident, who has the letter at `letter`, without those at `discarded`."""

    id: UUID
    partition: int
    letter: int
    discarded: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class End:
    """How an act ended. `count`: changes that were routed."""

    code: str
    count: int


def new_release(partition: int, letter: int, discarded: Iterable[int]) -> Release:
    """A release with an id of its own."""
    return Release(uuid4(), partition, letter, tuple(sorted(discarded)))


async def order(database: Database, topic: str, act: Release, persons: Persons, now: datetime) -> None:
    """Write the order down; refused unless two persons stand behind it."""
    persons.check()
    who = (persons.by.strip(), persons.approved_by.strip(), persons.reason.strip())
    await database.execute(
        _SQL["order"], act.id, now, *who, topic, act.partition, act.letter, list(act.discarded)
    )  # fmt: skip


async def due(database: Database, topic: str, partitions: Iterable[int]) -> list[Release]:
    """What was ordered for these partitions and has not ended."""
    rows = await database.fetch(_SQL["due"], topic, list(partitions))
    return [Release(row["id"], row["partition"], row["letter"], tuple(row["discarded"])) for row in rows]


async def end(database: Database, act: UUID, ended: End, now: datetime) -> None:
    """Write down how it ended."""
    await database.execute(_SQL["end"], act, now, ended.code, ended.count)


async def ended(database: Database, act: UUID) -> End | None:
    """How it ended; None while it is due."""
    row = await database.fetchrow(_SQL["ended"], act)
    return End(row["code"], row["count"]) if row else None


def _same(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
