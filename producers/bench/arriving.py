"""When each record could be read by its subscriber, noted by a process that does nothing else meanwhile.

Noted in the process that commits or produces, an arrival would wait until that has time for it. So each turn, of either
way, has a process of its own that reads the topics as their subscribers read them: each as its own principal, committed
records alone. It is in place before the turn begins, so nothing is missed; it looks at no record until it has as many
of each topic as were announced; then it hands over all of them at once, by the clock that all processes of the machine
share.

It ends with the turn, whatever ends that, and with the process that has started it; an error of it is raised where the
turn asks, and where nothing has come for a minute, that is one.
"""

import asyncio
import gc
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from typing import Any, Final, NamedTuple

from contracts.book import Book
from hub import bus, topics
from hub.bus import Incoming, Reader
from hub.config import Settings
from hub.errors import JukiError
from hub.wanted import reader_of
from producers.bench.delays import Arrived, Mark

ADMIN: Final = "admin"
_SPAWN: Final = get_context("spawn")
_LOOK, _POLL_MS, _PATIENCE = 0.05, 200, 300
"""Polls in a row that come back empty: a minute, in which one that the machine slept through counts once."""


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


@asynccontextmanager
async def arriving(
    settings: Settings, several: Sequence[Feed], mark: Callable[[Incoming], str], count: int
) -> AsyncIterator[Callable[[], Awaitable[dict[Mark, Arrived]]]]:
    """To be asked when each could be read, of the next `count` records of each topic; the answer waits for the last."""
    ours, theirs = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(target=_work, args=(theirs, settings, several, mark, count), daemon=True)
    process.start()
    theirs.close()
    with ours:
        try:
            await _told(ours)
            yield partial(_told, ours)
        finally:
            process.kill()
            process.join()


async def _told(pipe: Connection) -> Any:
    while not pipe.poll():  # noqa: ASYNC110 - a pipe has no event to wait for
        await asyncio.sleep(_LOOK)
    try:
        found = pipe.recv()
    except EOFError:
        raise JukiError("reading-ended", "subscriber") from None
    if isinstance(found, Exception):
        raise found
    return found


def _work(pipe: Connection, *given: Any) -> None:
    """The process: says that it is in place, then what it has found, or instead of either what it has failed with."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for whoever has started us, who ends us
    gc.disable()  # for one turn, in which it would only be in the way
    try:
        pipe.send(asyncio.run(_arrived(partial(pipe.send, None), *given)))
    except Exception as failed:  # noqa: BLE001 - whatever it is, it is for the turn to raise
        pipe.send(failed)


async def _arrived(
    in_place: Callable[[], None], settings: Settings, several: Sequence[Feed], mark: Callable[[Incoming], str],
    count: int,
) -> dict[Mark, Arrived]:  # fmt: skip
    if (parent := parent_process()) is not None:
        asyncio.get_running_loop().add_reader(parent.sentinel, os._exit, 1)
    async with AsyncExitStack() as opened:
        readers = [await opened.enter_async_context(_from_here(settings, feed)) for feed in several]
        in_place()
        found = await asyncio.gather(*(_read(reader, count) for reader in readers))
    return {
        (feed.name, mark(record)): Arrived(at, record.timestamp_ms / 1000)
        for feed, polls in zip(several, found, strict=True)
        for at, records in polls
        for record in records
    }


async def _read(reader: Reader, count: int) -> list[tuple[float, list[Incoming]]]:
    found, empty = list[tuple[float, list[Incoming]]](), 0
    while count > 0:
        records = await reader.poll(timeout_ms=_POLL_MS)
        found.append((time.time(), records))
        count, empty = count - len(records), 0 if records else empty + 1
        if empty > _PATIENCE:
            raise JukiError("waited-too-long", "subscriber")
    return found


@asynccontextmanager
async def _from_here(settings: Settings, feed: Feed) -> AsyncIterator[Reader]:
    async with bus.reader(settings, feed.principal, feed.topic, range(settings.partitions)) as reader:
        await reader.seek({**await reader.ends()})
        yield reader
