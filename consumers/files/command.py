"""`jukihub files write`: the wiring of one command, from the settings to the files that it has written."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from consumers.files import loading
from consumers.files import store as storage
from consumers.files.loading import Load
from consumers.files.manifest import Kind
from consumers.files.reading import SQL, Chosen, Moved, Reading
from consumers.files.writing import Seen, Writer, Written, end_of, one_writer, until
from consumers.opening import Opener
from consumers.overtake import Scout
from consumers.settle import Settler
from contracts.change import JAPAN
from contracts.columns import Columns
from contracts.contract import Contract
from hub import destroyed, given, topics
from hub.acting import acting
from hub.books import ContractHashes
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import NotPermitted, UsageError
from hub.keys import KeyStore
from hub.people import Act
from hub.stops import Stops
from hub.ways import FILED

TRIES: Final = 3
"""How often a file is begun anew because something of it was settled meanwhile."""

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the files of one contract are written, by whoever holds its lock."""

    database: Database
    contract: Contract
    reading: Reading
    scout: Scout
    writer: Writer
    columns: Columns
    seen: Seen

    async def waiting(self) -> list[Chosen]:
        """Everything that may be handed over, as of protected persons where a protection has begun."""
        while await self.scout.once([]):
            pass
        return [one async for one in self.reading.chosen()]

    async def file(self, kind: Kind, day: date, pick: Callable[[list[Chosen]], list[Chosen]]) -> Written | None:
        """A file of what `pick` takes of everything that waits; None where that is nothing, and the day has one."""
        for left in reversed(range(TRIES)):
            chosen = pick(await self.waiting())
            if not chosen and await self.database.fetchval(SQL["of_day"], self.contract.id, day):
                return None
            try:
                return await self.writer.write(kind, day, chosen, self.columns, self.seen)
            except Moved:
                if not left:
                    raise
        return None

    async def load(self, day: date, changes: Sequence[UUID]) -> list[Written]:
        """The full file of a first load, and before it what was told before that, where there is something."""
        load = await loading.told(self.database, self.contract, changes)
        parted = loading.part(await self.whole(load), load)
        if not parted.load:
            raise UsageError("load-tells-nobody", "--load", "An empty file would take the place of a whole copy")
        files: list[tuple[Kind, list[Chosen]]] = [("full", parted.load)]
        if parted.before:
            files.insert(0, ("daily", parted.before))
        return [await self.writer.write(kind, day, told, self.columns, self.seen) for kind, told in files]

    async def whole(self, load: Collection[UUID]) -> list[Chosen]:
        """Everything that waits, and all of the load among it."""
        waiting = await self.waiting()
        await loading.check_whole(self.database, self.contract.id, load, waiting)
        return waiting


def chosen(settings: Settings, name: str) -> Contract:
    """The contract called `name`; UsageError where it is not one that gets files."""
    contract = given.book(settings).contracts.get(name)
    if contract is None:
        raise UsageError("unknown-contract", "--contract")
    if contract.via not in FILED:
        raise UsageError("not-by-file", "--contract", 'Only a contract with via = "csv" gets files')
    return contract


async def daily(settings: Settings, name: str, day: date | None, seen: Seen, now: Clock) -> list[Written]:
    """The file of a day, today's where none is named, and before it what another command was cut off with."""
    contract, today = chosen(settings, name), now().astimezone(JAPAN).date()
    day = day or today
    if day > today:
        raise UsageError("not-yet-come", "--day")
    async with desk(settings, contract, storage.opened(settings), seen, now) as made:
        resumed = await made.writer.tidy()
        await check_day(made.database, name, day)
        written = await made.file("daily", day, lambda waiting: until(waiting, end_of(day)))
        return [one for one in (resumed, written) if one is not None]


async def full(settings: Settings, name: str, load: Load, seen: Seen, now: Clock) -> list[Written]:
    """The full file of a first load."""
    contract = chosen(settings, name)
    load.check_for(name)
    async with desk(settings, contract, storage.opened(settings), seen, now) as made:
        return await by_somebody(settings, made, load, now)


async def by_somebody(settings: Settings, made: Desk, load: Load, now: Clock) -> list[Written]:
    """The same at a desk, as an act of whoever types the command: it takes the place of a subscriber's whole copy."""
    name, today = made.contract.id, now().astimezone(JAPAN).date()
    details: dict[str, str | int] = {"request": str(load.run), "count": len(load.changes)}
    async with acting(settings, made.database, Act.FILES_FULL, name, now, details):
        resumed = await made.writer.tidy()
        await check_day(made.database, name, today)
        written = await made.load(today, load.changes)
        details["made"] = written[-1].name
    return [*([resumed] if resumed else []), *written]


async def check_day(database: Database, contract: str, day: date) -> None:
    """UsageError where a file of a later day was written: days do not go back."""
    last = await database.fetchrow(SQL["last"], contract)
    if last is not None and last["day"] > day:
        raise UsageError("day-is-over", "--day", "A file of a later day has been written")


@asynccontextmanager
async def desk(
    settings: Settings, contract: Contract, store: storage.Store, seen: Seen, now: Clock
) -> AsyncIterator[Desk]:
    """Everything that writing needs, and the lock. NotPermitted where the contract is stopped or not in force today."""
    if not contract.in_force(now().astimezone(JAPAN).date()):
        raise NotPermitted("not-in-force", contract.id)
    async with connect(settings.database, size=4) as database, one_writer(database, contract.id) as held:
        stops = Stops(database, contract)
        await stops.check()
        keys = await destroyed.keys(settings, database, f"deliver-{contract.id}")
        made = furnished(database, keys, contract, topics.disclosures(settings.prefix, contract.id), now)
        reading, scout, settler, columns = made
        writer = Writer(database, held, store, keys, contract, reading, settler, now, stops)
        yield Desk(database, contract, reading, scout, writer, columns, seen)


def furnished(
    database: Database, keys: KeyStore, contract: Contract, topic: str, now: Clock
) -> tuple[Reading, Scout, Settler, Columns]:
    """What reads and settles, with the columns of today."""
    opener = Opener(keys, contract.id, topic, ContractHashes(database, contract.id))
    settler = Settler(database, contract.id, now)
    columns = Columns(contract.permitted(now().astimezone(JAPAN).date()))
    reading = Reading(database, contract.id, opener, settler, columns)
    return reading, Scout(database, contract, opener, settler), settler, columns
