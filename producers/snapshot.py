"""A first load (初期登録): every resident is told to certain contracts once, beside the daily work, in order with it.

Resident by resident in the order of their UUIDs, in small transactions: lock as every act does, read the record as it
is now, record a SNAPSHOT for those contracts, and note how far the run has come. So a run that was killed goes on where
it was, nothing is told twice, and a live change of the same resident stands wholly before or wholly behind. Who has
been removed in the meantime is passed over: nobody who was not told of them has to be told that they are gone.
Population and 支援措置 are for the decision of the hub, as with every Change.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import orjson

from contracts.contract import Contract
from hub.database import Connection, Database, Row, queries
from hub.errors import UsageError
from producers.outbox import Draft, record
from producers.todokede import today

SQL = queries(Path(__file__).with_suffix(".sql"))
PAGE = 200
"""Residents per transaction: for so long a live change of one of them may have to wait."""
_LOOK_AGAIN = 0.2
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Run:
    """One run: whom it is for, and how far it has come."""

    run: UUID
    contracts: tuple[str, ...]
    told: int
    begun_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pace:
    """`per_second`: residents, 0 for no limit. `backlog`: it rests while the outbox holds more rows than this."""

    per_second: int
    backlog: int

    def rest(self, told: int, seconds: float) -> float:
        """Seconds to rest after `told` residents took so many."""
        return max(0.0, told / self.per_second - seconds) if self.per_second else 0.0


def chosen(book: Mapping[str, Contract], names: Iterable[str], on: date) -> tuple[str, ...]:
    """The contracts named, which all may be given a first load on that day; UsageError names the first that may not."""
    for name in names:
        if name not in book:
            raise UsageError("unknown-contract", name)
        if not book[name].mirror:
            raise UsageError("no-mirror", name, "It keeps no copy, so there is nothing to load (mirror = true)")
        if not book[name].in_force(on):
            raise UsageError("not-in-force", name, "Until it is, it may be told nothing")
    return tuple(sorted(set(names)))


def mirrors(book: Mapping[str, Contract], on: date) -> tuple[str, ...]:
    """Every contract that may be given a first load on that day."""
    return tuple(sorted(name for name, one in book.items() if one.mirror and one.in_force(on)))


async def begun(db: Database, contracts: tuple[str, ...], now: datetime) -> Run:
    """A new run for these contracts, or the one that is not finished yet."""
    await db.execute(SQL["begin"], uuid4(), list(contracts), now)
    await db.execute(SQL["look"])
    row = await db.fetchrow(SQL["unfinished"], list(contracts))
    if row is None:
        raise UsageError("just-ended", "snapshot", "Another command has finished it at this moment")
    return _run(row)


async def runs(db: Database) -> list[Run]:
    """The last runs, newest first."""
    return [_run(row) for row in await db.fetch(SQL["runs"], SHOWN)]


async def ended(db: Database, contracts: tuple[str, ...]) -> Run:
    """The last run for these contracts; UsageError where there is none that has ended."""
    row = await db.fetchrow(SQL["last_of"], list(contracts))
    if row is None or row["ended_at"] is None:
        raise UsageError("no-ended-load", "snapshot", "Run `jukihub snapshot` for them, to its end")
    return _run(row)


async def change_ids(db: Database, run: Run) -> list[UUID]:
    """The Changes of a run."""
    since = int(run.begun_at.timestamp() * 1_000_000)
    found = await db.fetch(SQL["told_since"], since)
    return [own for own, resident in ((_uuid(one["change"]), _uuid(one["resident"])) for one in found)
            if own == uuid5(run.run, str(resident))]  # fmt: skip


async def carry(  # noqa: PLR0913 - the last two are the outside world
    db: Database, run: Run, pace: Pace, clock: Callable[[], datetime], progress: Callable[[int], None],
    rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> int:  # fmt: skip
    """Carry a run to its end; how many residents this call has recorded."""
    told, done = 0, run.told
    while True:
        begin = clock()
        if not (count := await page(db, run, begin)):
            return told
        told, done = told + count, done + count
        progress(done)
        await rest(pace.rest(count, (clock() - begin).total_seconds()))
        while await db.fetchval(SQL["backlog"], pace.backlog + 1) > pace.backlog:
            await rest(_LOOK_AGAIN)


async def page(db: Database, run: Run, now: datetime, size: int = PAGE) -> int:
    """Record the next `size` residents in one transaction; 0 where nobody is left, and the run has ended."""
    async with db.transaction() as tx:
        last = await tx.fetchval(SQL["held"], run.run)
        rows = [] if last is None else await tx.fetch(SQL["page"], last, size)
        if rows:
            await record(tx, [_draft(run, row, now) for row in rows], now)
            await tx.execute(SQL["advance"], run.run, rows[-1]["resident"], len(rows))
        elif last is not None:
            await tx.execute(SQL["end"], run.run, now)
    return len(rows)


def _draft(run: Run, row: Row, now: datetime) -> Draft:
    resident = UUID(int=row["resident"].int)
    return Draft(
        resident, "SNAPSHOT", None, orjson.loads(row["record"]), today(now).isoformat(),
        id=uuid5(run.run, str(resident)), to=run.contracts,
    )  # fmt: skip


def _uuid(value: UUID) -> UUID:
    return UUID(int=value.int)


def _run(row: Row) -> Run:
    return Run(UUID(int=row["run"].int), tuple(row["contracts"]), row["told"], row["begun_at"], row["ended_at"])


async def registered(db: Database | Connection) -> int:
    """How many people are on the register."""
    return int(await db.fetchval(SQL["registered"]))
