"""A load is looked at while it goes on: how far each part has come, and what the sessions of the registry wait for.

From that, and from what the machine was used for, `limit` says what such a load waits for: the cores, or the part in
front of which most lies. Each look is a question to the registry and one to the router, about once a second.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from hub.bench.spent import machine_seconds
from hub.database import Database, connect, queries
from hub.errors import JukiError
from producers.bench.line import Line
from producers.snapshot import PAGE

SQL = queries(Path(__file__).with_suffix(".sql"))
SATURATED: Final = 0.9
"""Share of the machine's cores from which on nobody waits for anything else."""

DISTURBED: Final = 0.15
"""Share of the machine's cores from which on other work has spoilt the figures."""

POLL: Final = 1000
"""Changes that a router takes at once, at most: it has as many in hand, so only what is beyond waits for it."""

_LOOK, _LOOK_CLOSELY, _TELL = 1.0, 0.2, 15.0
_PATIENCE = 600.0
_THIRDS: Final = 3

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Look:
    """`seconds` since the load began. `recorded`: residents, of whom `outbox` are not with the broker yet; `routed`:
    whose disclosures are committed. `sessions`: how many of the registry's do what.
    """

    seconds: float
    recorded: int
    outbox: int
    routed: int
    sessions: Mapping[str, int]

    @property
    def topic(self) -> int:
        """Changes between relay and router: in its hands, or before it."""
        return max(0, self.recorded - self.outbox - self.routed)


@dataclass(frozen=True, slots=True)
class Watched:
    """A load as it was seen: all looks, how many cores were busy, and how many of the machine's there are."""

    looks: Sequence[Look]
    recorded_at: float
    seconds: float
    busy: float
    cores: int

    @property
    def outbox(self) -> float:
        """Changes in the outbox, on average while something was recorded."""
        return _mean([one.outbox for one in self._recording])

    @property
    def topic(self) -> float:
        """Changes between relay and router, likewise."""
        return _mean([one.topic for one in self._recording])

    @property
    def sessions(self) -> dict[str, float]:
        """How many sessions of the registry did what on average, the most first."""
        summed: Counter[str] = Counter()
        for one in self._recording:
            summed.update(one.sessions)
        return {doing: count / len(self._recording) for doing, count in summed.most_common()}

    @property
    def thirds(self) -> list[float]:
        """Residents routed per second, in each third of the time."""
        marks = [self._routed(self.seconds * part / _THIRDS) for part in range(_THIRDS + 1)]
        return [(later - before) * _THIRDS / self.seconds for before, later in pairwise(marks)]

    @property
    def _recording(self) -> Sequence[Look]:
        return [one for one in self.looks if one.seconds <= self.recorded_at] or self.looks

    def _routed(self, at: float) -> float:
        """Between two looks along a straight line; before the first there was nothing."""
        before = Look(0.0, 0, 0, 0, {})
        for look in self.looks:
            if look.seconds >= at:
                share = (at - before.seconds) / (look.seconds - before.seconds or 1.0)
                return before.routed + share * (look.routed - before.routed)
            before = look
        return before.routed


def limit(seen: Watched, others: float) -> str:
    """What a load waited for: the cores, or the one in front of whom more lay than it takes at once.

    `others`: cores that were busy with something else.
    """
    if seen.busy >= SATURATED * seen.cores:
        return "the cores" if others < DISTURBED * seen.cores else "the cores, which other work has taken from it"
    if seen.topic > 2 * POLL:
        return "the router"
    if seen.outbox > 2 * PAGE:
        return "the relay"
    return "the registry, one page after the other: all that comes of it is carried at once"


async def watch(standing: Line, begin: Callable[[], object], residents: int, say: Say) -> Watched:
    """Begin a load and look at it until the router has committed all of it; what `begin` does may block."""
    begun, used = time.monotonic(), machine_seconds()
    async with connect(standing.settings.registry_dsn, 1) as db:
        looks, recorded_at = await _looks(standing, db, begun, begin, residents, say)
    seconds, cores = time.monotonic() - begun, os.cpu_count() or 1
    return Watched(looks, recorded_at, seconds, (machine_seconds() - used) / seconds, cores)


async def _looks(  # noqa: PLR0913 - one load
    standing: Line, db: Database, begun: float, begin: Callable[[], object], residents: int, say: Say
) -> tuple[list[Look], float]:  # fmt: skip
    looks, recorded_at, told = list[Look](), 0.0, 0.0
    recording = asyncio.ensure_future(asyncio.to_thread(begin))
    while not recorded_at or looks[-1].routed < looks[-1].recorded:
        await (asyncio.sleep(_LOOK_CLOSELY) if recorded_at else asyncio.wait([recording], timeout=_LOOK))
        if recording.done() and not recorded_at:
            await recording
            recorded_at = time.monotonic() - begun
        looks.append(await _look(standing, db, begun))
        _check_moves(looks)
        if looks[-1].seconds >= told + _TELL:
            told = looks[-1].seconds
            say(f"{told:,.0f} s: {looks[-1].recorded:,} of {residents:,} recorded, {looks[-1].routed:,} on the topics")
    return looks, recorded_at


async def _look(standing: Line, db: Database, begun: float) -> Look:
    found = await db.fetchrow(SQL["recorded"]) or {}
    sessions = {row["doing"]: row["sessions"] for row in await db.fetch(SQL["sessions"])}
    routed = await asyncio.to_thread(standing.routed)
    return Look(time.monotonic() - begun, found["recorded"], found["waiting"], routed, sessions)


def _check_moves(looks: Sequence[Look]) -> None:
    """JukiError where nothing has moved for ten minutes."""
    last = looks[-1]
    still = next((one for one in looks if (one.recorded, one.routed) == (last.recorded, last.routed)), last)
    if last.seconds - still.seconds > _PATIENCE:
        raise JukiError("waited-too-long", "router")


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values) if values else 0.0
