"""What goes to the topics at a steady rate, and when each record of it could be read.

A rate is kept whether or not what went before has arrived: who waits for the slow ones measures the quick ones. Topics
are read as subscribers read them, committed records alone.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, NamedTuple

from contracts.book import Book
from hub import bus, topics
from hub.bus import Incoming, Reader
from hub.config import Settings
from hub.wanted import reader_of
from producers.bench.delays import Arrived, Began, Begun, Mark

ADMIN: Final = "admin"
WARM_SECONDS: Final = 5.0
"""Of each turn, which do not count."""
_PATIENCE: Final = 60.0


class Feed(NamedTuple):
    """A topic that is read, who reads it, and its short name in marks."""

    name: str
    principal: str
    topic: str


def feeds(settings: Settings, book: Book) -> list[Feed]:
    """Of the first and the last contract, which stand for all."""
    several = [*book.contracts.values()]
    return [
        Feed(one.id, reader_of(one), topics.disclosures(settings.prefix, one.id))
        for one in several[:: max(1, len(several) - 1)]
    ]


async def at_rate(
    each: Iterator[Awaitable[Began]], per_second: float, count: int, arrived: Mapping[Mark, Arrived]
) -> Begun:
    """Begin one at each tick, whatever has become of those before; then wait for what is still on its way."""
    started, several = time.time(), list[asyncio.Task[Began]]()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(0.0, started + number / per_second - time.time()))
            several.append(group.create_task(_of(next(each))))
    found = Begun([one.result() for one in several], started + WARM_SECONDS)
    waited = found.marks.keys()
    await until(lambda: not waited - arrived.keys())
    return found


async def _of(one: Awaitable[Began]) -> Began:
    return await one


async def until(enough: Callable[[], bool]) -> None:
    """Wait, within bounds, until it is so."""
    async with asyncio.timeout(_PATIENCE):
        while not enough():  # noqa: ASYNC110 - what is awaited is a set, not a moment
            await asyncio.sleep(0.1)


@asynccontextmanager
async def arriving(
    settings: Settings, several: Sequence[Feed], mark: Callable[[Incoming], str]
) -> AsyncIterator[Mapping[Mark, Arrived]]:
    """When each record could be read by its subscriber, of all that come from here on."""
    arrived: dict[Mark, Arrived] = {}
    async with AsyncExitStack() as opened:
        for feed in several:
            reader = await opened.enter_async_context(_from_here(settings, feed.principal, feed.topic))
            await opened.enter_async_context(_running(_read(reader, feed.name, mark, arrived)))
        yield arrived


async def _read(reader: Reader, name: str, mark: Callable[[Incoming], str], arrived: dict[Mark, Arrived]) -> None:
    while True:
        records = await reader.poll()
        at = time.time()
        arrived.update({(name, mark(record)): Arrived(at, record.timestamp_ms / 1000) for record in records})


@asynccontextmanager
async def relayed(settings: Settings) -> AsyncIterator[Mapping[int, list[float]]]:
    """By partition when the relay has sealed each change that comes from here on."""
    sealed: dict[int, list[float]] = defaultdict(list)
    async with _from_here(settings, ADMIN, topics.changes(settings.prefix)) as reader, _running(_noted(reader, sealed)):
        yield sealed


async def _noted(reader: Reader, sealed: Mapping[int, list[float]]) -> None:
    while True:
        for change in await reader.poll():
            sealed[change.partition].append(change.timestamp_ms / 1000)


@asynccontextmanager
async def _from_here(settings: Settings, principal: str, topic: str) -> AsyncIterator[Reader]:
    async with bus.reader(settings, principal, topic, range(settings.partitions)) as reader:
        await reader.seek({**await reader.ends()})
        yield reader


@asynccontextmanager
async def _running(reading: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(reading)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
