"""How long a change is on its way: from its commit in the registry until the subscriber can read it.

Changes are committed at a steady rate, whether or not the ones before have arrived, and the topics of the first and the
last contract are read as their subscribers read them: what is told of a change can be read on all topics at once, and
more readers would only take more of this machine, where a city's subscribers have machines of their own. Beside it
stands what the same broker takes for as many records of the same length on the same topics, written straight to them
without a transaction, at the same rate. The two take turns; the first two of each are for the broker to get warm and do
not count. Records bear the time at which the relay and the router made them, so it can be said where a change was for
how long.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import chain
from math import ceil
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from contracts.book import Book, load
from contracts.contract import Contract
from hub import bus, topics
from hub.bus import Incoming, Outgoing, Reader, Writer
from hub.clock import now
from hub.config import Settings
from hub.database import GONE, Database, connect
from hub.errors import DatabaseError, DependencyUnavailable
from hub.seal import header
from hub.wanted import reader_of
from producers.bench.line import line
from producers.outbox import Draft, record
from producers.synthetic.households import city

RESIDENTS: Final = 2000
SEED: Final = 1
WARM_SECONDS: Final = 5.0
WARM_TURNS, TURNS = 2, 3
CONNECTIONS: Final = 16
RAW_BYTES: Final = 1400
"""About as long as a token of these contracts."""
_PATIENCE: Final = 60.0
_ADMIN: Final = "admin"
_REMEDY: Final = "This machine cannot commit as many changes a second: give less with --per-second"

Say = Callable[[str], None]
Mark = tuple[str, str]
"""(contract, what tells one record from all others)."""


@dataclass(frozen=True, slots=True)
class Delays:
    """Milliseconds, of `count` records."""

    count: int
    p50: float
    p99: float
    longest: float


LEGS: Final = ("in the outbox", "relay to router", "router to subscriber")
"""Until the relay has sealed it; until the router, which has polled it, decides; sealing, transaction and fetch."""


@dataclass(frozen=True, slots=True)
class Compared:
    """`changes`: from the commit of a change; `raw`: from the produce of a record, on the same broker. `legs`: of the
    changes, by LEGS.
    """

    per_second: int
    contracts: int
    changes: Delays
    raw: Delays
    legs: dict[str, Delays]

    @property
    def times_raw(self) -> float:
        """The p99 of a change in units of the broker's own."""
        return self.changes.p99 / self.raw.p99


@dataclass(frozen=True, slots=True)
class Arrived:
    """When a record could be read; `made`: when it was, to the millisecond. Seconds since 1970."""

    at: float
    made: float


def read_of(book: Book) -> list[Contract]:
    """The contracts whose topics are read."""
    several = [*book.contracts.values()]
    return several[:: max(1, len(several) - 1)]


def taken(begun: Mapping[Mark, float], arrived: Mapping[Mark, Arrived], since: float) -> list[float]:
    """Milliseconds of everything that began at `since` or later, all of which has arrived."""
    return [(arrived[mark].at - at) * 1000 for mark, at in begun.items() if at >= since]


def delays(took: Sequence[float]) -> Delays:
    """What so many come to."""
    ordered = sorted(took)
    return Delays(len(ordered), percentile(ordered, 50), percentile(ordered, 99), ordered[-1])


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The nearest rank: the lowest value that so many per cent of all do not exceed."""
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def measure(data: Path, contracts: int, per_second: int, seconds: int, say: Say) -> Compared:
    """Both, by turns, on servers of their own."""
    with line(data, RESIDENTS, SEED, say, contracts) as standing:
        return asyncio.run(_measured(standing.settings, load(standing.settings.contracts), per_second, seconds, say))


async def _measured(settings: Settings, book: Book, per_second: int, seconds: int, say: Say) -> Compared:
    count = int((ceil(seconds / TURNS) + WARM_SECONDS) * per_second)
    say(f"{TURNS} times {count:,} changes, {per_second} a second, and as many records straight to the topics")
    turns = []
    async with connect(settings.registry_dsn, CONNECTIONS) as registry, bus.writer(settings, _ADMIN) as writer:
        both, moves = Both(settings, book, registry, writer, per_second, count), _moves()
        for number in range(WARM_TURNS + TURNS):
            turns.append(Turn(*await both.changes(moves), await both.raw()))
            say(f"turn {number}: p99 {delays(turns[-1].changes).p99:.0f} ms, raw {delays(turns[-1].raw).p99:.0f} ms")
    changes, legs, raw = zip(*turns[WARM_TURNS:], strict=True)
    summed = {name: delays([took for turn in legs for took in turn[name]]) for name in LEGS}
    return Compared(per_second, len(book.contracts), delays([*chain(*changes)]), delays([*chain(*raw)]), summed)


class Turn(NamedTuple):
    """Milliseconds of each output of a turn: of changes, of their LEGS, and of records straight to the topics."""

    changes: list[float]
    legs: dict[str, list[float]]
    raw: list[float]


@dataclass(frozen=True, slots=True)
class Both:
    """The two ways to the topics, each at `per_second` until `count` are through."""

    settings: Settings
    book: Book
    registry: Database
    writer: Writer
    per_second: int
    count: int

    async def changes(self, moves: Iterator[Draft]) -> tuple[list[float], dict[str, list[float]]]:
        """By registry, relay and router: what each output took, and each of its legs."""
        async with _reading(self.settings, self.book, _jti) as arrived, _relayed(self.settings) as sealed:
            commits = (_commit(self.registry, draft, self.book, self.settings.partitions) for draft in moves)
            begun = await _begun(commits, self.per_second, self.count, arrived)
            await _until(lambda: sum(map(len, sealed.values())) >= self.count)
            return taken(begun.marks, arrived, begun.counts_from), _legs(begun, arrived, sealed)

    async def raw(self) -> list[float]:
        """Straight to the topics, without a transaction."""
        gates = [asyncio.Lock() for _ in range(self.settings.partitions)]
        async with _reading(self.settings, self.book, _key) as arrived:
            records = (_produce(self.writer, self.settings, self.book, number, gates) for number in range(self.count))
            begun = await _begun(records, self.per_second, self.count, arrived)
            return taken(begun.marks, arrived, begun.counts_from)


@dataclass(frozen=True, slots=True)
class Began:
    """One that began: its marks on the topics, the partition of its change, and when."""

    marks: Sequence[Mark]
    part: int
    at: float


@dataclass(frozen=True, slots=True)
class Begun:
    """All of one turn, in order; what began before `counts_from` was to get warm."""

    all: Sequence[Began]
    counts_from: float

    @property
    def marks(self) -> dict[Mark, float]:
        """When each record began that has to arrive."""
        return {mark: one.at for one in self.all for mark in one.marks}


def _legs(
    begun: Begun, arrived: Mapping[Mark, Arrived], sealed: Mapping[int, list[float]]
) -> dict[str, list[float]]:  # fmt: skip
    """Where each change was for how long. On a partition changes lie in the order of their commits, or nearly so."""
    legs: dict[str, list[float]] = {name: [] for name in LEGS}
    in_order: dict[int, list[Began]] = defaultdict(list)
    for one in sorted(begun.all, key=lambda each: each.at):
        in_order[one.part].append(one)
    for part, several in in_order.items():
        for one, relayed in zip(several, sealed[part], strict=True):
            if one.at >= begun.counts_from:
                for mark in one.marks:
                    _add_one(legs, one.at, relayed, arrived[mark])
    return legs


def _add_one(legs: Mapping[str, list[float]], committed: float, relayed: float, record: Arrived) -> None:
    for name, took in zip(LEGS, (relayed - committed, record.made - relayed, record.at - record.made), strict=True):
        legs[name].append(took * 1000)


async def _begun(
    each: Iterator[Awaitable[Began]], per_second: int, count: int, arrived: Mapping[Mark, Arrived]
) -> Begun:
    """Begin one at each tick, whatever has become of those before; then wait for what is still on its way."""
    started, several = time.time(), list[asyncio.Task[Began]]()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(0.0, started + number / per_second - time.time()))
            several.append(group.create_task(_of(next(each))))
    found = Begun([one.result() for one in several], started + WARM_SECONDS)
    waited = found.marks.keys()
    await _until(lambda: not waited - arrived.keys())
    return found


async def _until(enough: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not enough():  # noqa: ASYNC110 - what is awaited is a set, not a moment
            await asyncio.sleep(0.1)


async def _of(one: Awaitable[Began]) -> Began:
    return await one


def _moves() -> Iterator[Draft]:
    """Residents of the city, one after the other, over and over, who move within it (転居)."""
    number, today = 0, now().date().isoformat()
    while True:
        for home in city(RESIDENTS, SEED):
            for resident, before in home.members:
                number += 1
                after = {**before, "address": {"text": f"計測市仮町{number}番地"}}
                yield Draft(resident, "RELOCATE", before, after, today)


async def _commit(registry: Database, draft: Draft, book: Book, partitions: int) -> Began:
    try:
        async with registry.transaction() as tx:
            [recorded] = await record(tx, [draft], now())
    except DatabaseError as failed:
        if failed.code != GONE:
            raise
        raise DependencyUnavailable("rate-not-kept", "the registry", _REMEDY) from None  # nobody had a connection left
    at = time.time()
    marks = [(one.id, _disclosure(recorded.id, one.id)) for one in read_of(book)]
    return Began(marks, draft.resident.int % partitions, at)


def _disclosure(change: UUID, contract: str) -> str:
    return str(uuid5(change, contract))


async def _produce(
    writer: Writer, settings: Settings, book: Book, number: int, gates: Sequence[asyncio.Lock]
) -> Began:
    """One at a time on a partition: the library lets those fail that wait there in a crowd."""
    key, part, at = number.to_bytes(16, "big"), number % settings.partitions, time.time()
    written = Outgoing(key, bytes(RAW_BYTES), (), int(time.time() * 1000))
    async with gates[part]:
        await writer.send({(topics.disclosures(settings.prefix, name), part): [written] for name in book.contracts})
    return Began([(one.id, key.hex()) for one in read_of(book)], part, at)


@asynccontextmanager
async def _reading(
    settings: Settings, book: Book, mark: Callable[[Incoming], str]
) -> AsyncIterator[Mapping[Mark, Arrived]]:
    """When each record could be read by its subscriber, of all that come from here on."""
    arrived: dict[Mark, Arrived] = {}
    async with AsyncExitStack() as opened:
        tasks = []
        for contract in read_of(book):
            topic, parts = topics.disclosures(settings.prefix, contract.id), range(settings.partitions)
            reader = await opened.enter_async_context(bus.reader(settings, reader_of(contract), topic, parts))
            await reader.seek({**await reader.ends()})
            tasks.append(asyncio.create_task(_read(reader, contract.id, mark, arrived)))
        try:
            yield arrived
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def _read(reader: Reader, name: str, mark: Callable[[Incoming], str], arrived: dict[Mark, Arrived]) -> None:
    while True:
        records = await reader.poll()
        at = time.time()
        arrived.update({(name, mark(record)): Arrived(at, record.timestamp_ms / 1000) for record in records})


@asynccontextmanager
async def _relayed(settings: Settings) -> AsyncIterator[Mapping[int, list[float]]]:
    """By partition when the relay has sealed each change that comes from here on."""
    sealed: dict[int, list[float]] = defaultdict(list)
    topic = topics.changes(settings.prefix)
    async with bus.reader(settings, _ADMIN, topic, range(settings.partitions)) as reader:
        await reader.seek({**await reader.ends()})
        reading = asyncio.create_task(_noted(reader, sealed))
        try:
            yield sealed
        finally:
            reading.cancel()
            await asyncio.wait([reading])


async def _noted(reader: Reader, sealed: Mapping[int, list[float]]) -> None:
    while True:
        for change in await reader.poll():
            sealed[change.partition].append(change.timestamp_ms / 1000)


def _jti(record: Incoming) -> str:
    return str(header(record.value)["jti"])


def _key(record: Incoming) -> str:
    return (record.key or b"").hex()
