"""What one output costs as a city grows: more contracts, processes or partitions, longer changes, one at a time.

Around one point in the middle each axis is gone along while the others stay. A round is every point once, and the next
round goes the other way, so that what slows the machine for a while does not lie on one end of a curve alone. Every
output is checked, as when the router is compared.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Final

from contracts import book
from hub.bench import routing, subscribers, systems
from hub.bench.sample import changes, sized
from hub.bench.stand import Stand, servers
from hub.bench.table import Run
from hub.bench.told import where
from hub.bench.warming import warmed
from hub.database import Database, connect
from hub.kernel import chosen

USUAL: Final = 1600
"""Bytes of a change of the sample."""
AXES: Final[dict[str, Sequence[int]]] = {
    "contracts": (1, 2, 4, 8, 16, 40), "processes": (1, 2, 3, 4), "partitions": (8, 16, 32, 64),
    "change_bytes": (400, 800, USUAL, 4096, 8192),
}  # fmt: skip
MOST: Final = max(AXES["contracts"])
_LEAST_CHANGES: Final = 500


@dataclass(frozen=True, slots=True)
class Point:
    """Where it is measured. `change_bytes`: about."""

    contracts: int = 8
    processes: int = 2
    partitions: int = 8
    change_bytes: int = USUAL


MIDDLE: Final = Point()


@dataclass(frozen=True, slots=True)
class Cost:
    """At a point, in microseconds per output: CPU of the routers and of the broker, and time by the clock.

    `memory_mb`: the most that one router held. `record_bytes`: mean length of what was written, and `line_bytes` of the
    ledger's lines in it. `other`: share of the machine that other work took meanwhile.
    """

    client_us: float
    broker_us: float
    wall_us: float
    memory_mb: float
    record_bytes: int
    line_bytes: int
    other: float

    @property
    def cpu_us(self) -> float:
        """Of routers and broker together."""
        return self.client_us + self.broker_us


def points() -> list[tuple[str, Point]]:
    """Each axis with its points, in order; the middle stands on every one."""
    return [(axis, replace(MIDDLE, **{axis: value})) for axis, values in AXES.items() for value in values]


def measure(data: Path, outputs: int, rounds: int, say: Callable[[str], None]) -> dict[Point, Cost]:
    """The median of each point over so many rounds, of about so many outputs each."""
    several = [*dict.fromkeys(point for _, point in points())]
    with servers(data, MOST, say) as stand:
        runs = asyncio.run(_rounds(stand, several, outputs, rounds, say))
    return {point: cost([run for there, run in runs if there == point], point) for point in several}


async def _rounds(
    stand: Stand, several: Sequence[Point], outputs: int, rounds: int, say: Callable[[str], None]
) -> list[tuple[Point, Run]]:
    runs: list[tuple[Point, Run]] = []
    async with connect(stand.settings.database) as database:
        await warmed(stand, lambda: _run(stand, database, MIDDLE, outputs, 0), say)
        for number in range(rounds):
            for point in several if number % 2 == 0 else reversed(several):
                runs.append((point, await _run(stand, database, point, outputs, number)))
                say(f"round {number + 1}: {_said(point)} {runs[-1][1].outputs / runs[-1][1].seconds:,.0f} outputs/s")
    return runs


def _said(point: Point) -> str:
    return ", ".join(f"{name} {value:,}" for name, value in asdict(point).items())


async def _run(stand: Stand, database: Database, point: Point, outputs: int, number: int) -> Run:
    """One point once: a third as many changes before those that count."""
    there = at(stand, point)
    count = max(_LEAST_CHANGES, outputs // point.contracts)
    warm = max(_LEAST_CHANGES, count // 3)
    made = changes(warm + count) if point.change_bytes == USUAL else sized(warm + count, point.change_bytes)
    work = await routing.prepared(there, database, [*made], warm)
    return await routing.run(there, systems.ours(there, point.processes), work, number)


def at(stand: Stand, point: Point) -> Stand:
    """The same servers, with the Book and the partitions of a point."""
    folder = stand.data / f"contracts-{point.contracts}"
    if not folder.is_dir():
        subscribers.write(folder, point.contracts)
    told = {"HUB_CONTRACTS": str(folder), "HUB_PARTITIONS": str(point.partitions)}
    settings = stand.settings.model_copy(update={"contracts": folder, "partitions": point.partitions})
    return replace(stand, settings=settings, environment={**stand.environment, **told}, book=book.load(folder))


def cost(runs: Sequence[Run], point: Point) -> Cost:
    """The medians of several runs of one point."""
    per_output, cores = [1e6 / run.outputs for run in runs], os.cpu_count() or 1
    client, broker, wall = (
        round(median(spent * each for spent, each in zip(many, per_output, strict=True)), 2)
        for many in zip(*((run.client_seconds, run.broker_seconds, run.seconds) for run in runs), strict=True)
    )
    memory = round(median(run.memory_mb for run in runs) / point.processes, 1)
    other = round(median(run.other_seconds / run.seconds / cores for run in runs), 3)
    record, line = median(run.record_bytes for run in runs), median(run.line_bytes for run in runs)
    return Cost(client, broker, wall, memory, round(record), round(line), other)


def document(found: Mapping[Point, Cost], outputs: int, rounds: int) -> dict[str, Any]:
    """As it is kept and drawn: by axis, in order; each step with its place."""
    axes: dict[str, list[dict[str, Any]]] = {axis: [] for axis in AXES}
    for axis, point in points():
        axes[axis].append({"at": getattr(point, axis), **asdict(found[point])})
    return {
        **where(), "kernel": chosen().NAME, "outputs": outputs, "rounds": rounds, "middle": asdict(MIDDLE),
        "axes": axes,
    }  # fmt: skip
