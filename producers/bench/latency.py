"""How long a change is on its way: from its commit in the registry until the subscriber can read it.

Changes are committed at a steady rate, whether or not the ones before have arrived, and each contract's topic is read
as its subscriber reads it. Beside it stands what the same broker takes for as many records of the same length on the
same topics, written straight to them without a transaction, at the same rate.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

from contracts.book import Book, load
from hub import bus, topics
from hub.bus import Incoming, Outgoing, Reader, Writer
from hub.clock import now
from hub.config import Settings
from hub.database import Database, connect
from hub.seal import header
from hub.wanted import reader_of
from producers.bench.line import line
from producers.outbox import Draft, record
from producers.synthetic.households import city

RESIDENTS: Final = 2000
SEED: Final = 1
WARM_SECONDS: Final = 5.0
CONNECTIONS: Final = 4
RAW_BYTES: Final = 1400
"""About as long as a token of these contracts."""
_PATIENCE: Final = 60.0
_ADMIN: Final = "admin"

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


@dataclass(frozen=True, slots=True)
class Compared:
    """`changes`: from the commit of a change; `raw`: from the produce of a record, on the same broker."""

    per_second: int
    contracts: int
    changes: Delays
    raw: Delays

    @property
    def times_raw(self) -> float:
        """The p99 of a change in units of the broker's own."""
        return self.changes.p99 / self.raw.p99


def delays(begun: Mapping[Mark, float], arrived: Mapping[Mark, float], since: float) -> Delays:
    """Of everything that began at `since` or later, all of which has arrived."""
    took = sorted((arrived[mark] - at) * 1000 for mark, at in begun.items() if at >= since)
    return Delays(len(took), percentile(took, 50), percentile(took, 99), took[-1])


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The nearest rank: the lowest value that so many per cent of all do not exceed."""
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def measure(data: Path, contracts: int, per_second: int, seconds: int, say: Say) -> Compared:
    """Both, one after the other, on servers of their own."""
    with line(data, RESIDENTS, SEED, say, contracts) as standing:
        return asyncio.run(_measured(standing.settings, load(standing.settings.contracts), per_second, seconds, say))


async def _measured(settings: Settings, book: Book, per_second: int, seconds: int, say: Say) -> Compared:
    count = int((seconds + WARM_SECONDS) * per_second)
    say(f"{count:,} changes, {per_second} a second")
    async with connect(settings.registry_dsn, CONNECTIONS) as registry, _reading(settings, book, _jti) as arrived:
        moves = (_commit(registry, draft, book) for draft in _moves())
        changes = await _delays(moves, per_second, count, arrived)
    say("as many records straight to the topics")
    async with bus.writer(settings, _ADMIN) as writer, _reading(settings, book, _key) as arrived:
        raw = await _delays(
            (_produce(writer, settings, book, number) for number in range(count)), per_second, count, arrived
        )
    return Compared(per_second, len(book.contracts), changes, raw)


async def _delays(
    each: Iterator[Awaitable[dict[Mark, float]]], per_second: int, count: int, arrived: Mapping[Mark, float]
) -> Delays:
    """Begin one at each tick, whatever has become of those before; then wait for what is still on its way."""
    begun: dict[Mark, float] = {}
    started = time.perf_counter()
    async with asyncio.TaskGroup() as several:
        for number in range(count):
            await asyncio.sleep(max(0.0, started + number / per_second - time.perf_counter()))
            several.create_task(_into(begun, next(each)))
    async with asyncio.timeout(_PATIENCE):
        while begun.keys() - arrived.keys():  # noqa: ASYNC110 - what is awaited is a set, not a moment
            await asyncio.sleep(0.1)
    return delays(begun, arrived, started + WARM_SECONDS)


async def _into(begun: dict[Mark, float], one: Awaitable[dict[Mark, float]]) -> None:
    begun.update(await one)


def _moves() -> Iterator[Draft]:
    """Residents of the city, one after the other, over and over, who move within it (転居)."""
    number, today = 0, now().date().isoformat()
    while True:
        for home in city(RESIDENTS, SEED):
            for resident, before in home.members:
                number += 1
                after = {**before, "address": {"text": f"計測市仮町{number}番地"}}
                yield Draft(resident, "RELOCATE", before, after, today)


async def _commit(registry: Database, draft: Draft, book: Book) -> dict[Mark, float]:
    async with registry.transaction() as tx:
        [recorded] = await record(tx, [draft], now())
    at = time.perf_counter()
    return {(name, _disclosure(recorded.id, name)): at for name in book.contracts}


def _disclosure(change: UUID, contract: str) -> str:
    return str(uuid5(change, contract))


async def _produce(writer: Writer, settings: Settings, book: Book, number: int) -> dict[Mark, float]:
    key, part, at = number.to_bytes(16, "big"), number % settings.partitions, time.perf_counter()
    written = Outgoing(key, bytes(RAW_BYTES), (), int(time.time() * 1000))
    await writer.send({(topics.disclosures(settings.prefix, name), part): [written] for name in book.contracts})
    return {(name, key.hex()): at for name in book.contracts}


@asynccontextmanager
async def _reading(
    settings: Settings, book: Book, mark: Callable[[Incoming], str]
) -> AsyncIterator[Mapping[Mark, float]]:
    """When each record could be read by its subscriber, of all that come from here on."""
    arrived: dict[Mark, float] = {}
    async with AsyncExitStack() as opened:
        tasks = []
        for name, contract in book.contracts.items():
            topic, parts = topics.disclosures(settings.prefix, name), range(settings.partitions)
            reader = await opened.enter_async_context(bus.reader(settings, reader_of(contract), topic, parts))
            await reader.seek({**await reader.ends()})
            tasks.append(asyncio.create_task(_read(reader, name, mark, arrived)))
        try:
            yield arrived
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def _read(reader: Reader, name: str, mark: Callable[[Incoming], str], arrived: dict[Mark, float]) -> None:
    while True:
        records = await reader.poll()
        at = time.perf_counter()
        arrived.update({(name, mark(record)): at for record in records})


def _jti(record: Incoming) -> str:
    return str(header(record.value)["jti"])


def _key(record: Incoming) -> str:
    return (record.key or b"").hex()
