"""How long a change is on its way: from its commit in the registry until the subscriber can read it.

Changes are committed at a steady rate, whether or not the ones before have arrived, and the topics of the first and the
last contract are read as their subscribers read them: what is told of a change can be read on all topics at once, and
more readers would only take more of this machine, where a city's subscribers have machines of their own.

Two figures of the same broker stand beside it, of records of the same length without a transaction. `raw` is it alone:
as many records on the same topics, in turns of their own while nothing else runs, so on a machine that is half idle.
`beside` is what it takes while changes are on their way: a few records on a topic of their own, from a process of
their own, which has to wait for a core as everybody does.

All arrivals are noted by processes that do nothing else, so what those who commit or produce are behind with their own
work is in no figure as a wait for what has long arrived. When something began is noted before its COMMIT is sent, or
before the client library has the record, so either delay can only come out longer by it. That of the reader itself,
which waits for a core, is in all.

Changes and `raw` take turns; the first three of each, and the first seconds of all, are for the broker to get warm and
do not count. Records bear the time at which the relay and the router made them, so it can be said where a change was
for how long.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain
from math import ceil
from multiprocessing import get_context
from pathlib import Path
from typing import Final, NamedTuple

from contracts.book import Book, load
from hub import bus
from hub.config import Settings
from hub.database import connect
from producers.bench import straight
from producers.bench.arriving import ADMIN, feeds
from producers.bench.committing import Committing, moves
from producers.bench.delays import LEGS, Delays, delays
from producers.bench.line import line
from producers.bench.pace import WARM_SECONDS
from producers.bench.straight import Straight

RESIDENTS: Final = 2000
SEED: Final = 1
WARM_TURNS, TURNS = 3, 3
CONNECTIONS: Final = 16

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Compared:
    """`changes`: from the commit of a change, and `legs` of it; `raw` and `beside`: from the produce of a record on the
    same broker, while it is alone and while changes are on their way.
    """

    per_second: int
    contracts: int
    changes: Delays
    raw: Delays
    beside: Delays
    legs: dict[str, Delays]

    @property
    def times_raw(self) -> float:
        """The p99 of a change in units of the broker's own, alone."""
        return self.changes.p99 / self.raw.p99

    @property
    def times_beside(self) -> float:
        """The same in units of what the broker takes beside the changes."""
        return self.changes.p99 / self.beside.p99


class Turn(NamedTuple):
    """Milliseconds of each output of a turn: of changes, of their LEGS, of the probe beside them, and of `raw`."""

    changes: Sequence[float]
    legs: dict[str, list[float]]
    beside: Sequence[float]
    raw: Sequence[float]

    def __str__(self) -> str:
        p99 = [f"{delays(took).p99:.0f} ms" for took in (self.changes, self.beside, self.raw)]
        return "p99 {}, the broker's own {} beside them and {} alone".format(*p99)


def compared(per_second: int, contracts: int, turns: Sequence[Turn]) -> Compared:
    """What all turns come to but those that were to get warm."""
    changes, legs, beside, raw = zip(*turns[WARM_TURNS:], strict=True)
    summed = {name: _of(turn[name] for turn in legs) for name in LEGS}
    return Compared(per_second, contracts, _of(changes), _of(raw), _of(beside), summed)


def _of(turns: Iterable[Iterable[float]]) -> Delays:
    return delays([*chain(*turns)])


def measure(data: Path, contracts: int, per_second: int, seconds: int, say: Say) -> Compared:
    """All of it, on servers of its own."""
    with line(data, RESIDENTS, SEED, say, contracts) as standing:
        settings, book = standing.settings, load(standing.settings.contracts)
        straight.prepare(settings, book)
        return asyncio.run(_measured(settings, book, per_second, seconds, say))


async def _measured(settings: Settings, book: Book, per_second: int, seconds: int, say: Say) -> Compared:
    length = ceil(seconds / TURNS) + WARM_SECONDS
    say(f"{TURNS} times {length:.0f} s with {per_second} changes a second, and as long with as many records alone")
    turns = []
    async with connect(settings.registry_dsn, CONNECTIONS) as registry, bus.writer(settings, ADMIN) as writer:
        committing = Committing(settings, registry, per_second, moves(RESIDENTS, SEED), feeds(settings, book))
        raw = straight.alone(settings, book, writer, per_second)
        with ProcessPoolExecutor(1, get_context("spawn")) as probing:
            for number in range(WARM_TURNS + TURNS):
                turns.append(await _turn(committing, probing, raw, length))
                say(f"turn {number}: {turns[-1]}")
    return compared(per_second, len(book.contracts), turns)


async def _turn(committing: Committing, probing: Executor, raw: Straight, seconds: float) -> Turn:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        changes = group.create_task(committing.turn(seconds))
        beside = await loop.run_in_executor(probing, straight.beside, committing.settings, seconds)
    return Turn(*changes.result(), beside, await raw.turn(seconds))
