"""What several rounds of several systems come to: medians, spreads, ratios, a table. Pure.

A ratio is taken within each round, where both had the same machine, and its median told; so what slows a whole round
down weighs on both sides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

OURS: Final = ("ours-1", "ours-2")
STREAMS: Final = "streams"
LIMIT: Final = "limit"
SYSTEMS: Final = (*OURS, STREAMS, LIMIT)
SAID: Final = {
    "ours-1": "ours, one process", "ours-2": "ours, two processes", STREAMS: "Kafka Streams, two threads",
    LIMIT: "the broker's limit",
}  # fmt: skip
_HEAD: Final = ("", "changes/s", "(lowest to highest)", "outputs/s", "CPU s", "broker CPU s", "memory MB",
                "x Streams", "x limit")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """One system in one round: `changes` became `outputs` (disclosures, without the ledger's lines) in `seconds`.

    `client_seconds`, `broker_seconds`: CPU of its processes and of the broker in that time. `memory_mb`: the most that
    its processes have held. `record_bytes`: mean length of what was written, ledger's lines included.
    """

    system: str
    round: int
    changes: int
    outputs: int
    seconds: float
    client_seconds: float
    broker_seconds: float
    memory_mb: float
    record_bytes: int

    @property
    def per_second(self) -> float:
        """Changes per second."""
        return self.changes / self.seconds


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some values, the lowest and the highest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread | None":
        """None where there is no value."""
        there = sorted(values)
        return cls(median(there), there[0], there[-1]) if there else None


def of(system: str, runs: Iterable[Run]) -> list[Run]:
    """The runs of one system."""
    return [run for run in runs if run.system == system]


def ratio(system: str, other: str, runs: Sequence[Run]) -> Spread | None:
    """How many times as many changes per second as the other, over the rounds that have both."""
    theirs = {run.round: run.per_second for run in of(other, runs)}
    return Spread.of(run.per_second / theirs[run.round] for run in of(system, runs) if run.round in theirs)


def best(runs: Sequence[Run]) -> str:
    """Which of ours is compared in the end: the one with two processes, where it ran."""
    return next((name for name in reversed(OURS) if of(name, runs)), OURS[0])


def last_line(runs: Sequence[Run]) -> str:
    """What the whole comparison says in one line."""
    return "  ".join((f"ratio to Kafka Streams: {_told(ratio(best(runs), STREAMS, runs))}",
                      f"ratio to broker limit: {_told(ratio(best(runs), LIMIT, runs))}"))  # fmt: skip


def table(runs: Sequence[Run]) -> list[str]:
    """A line per system that ran, under a head; the columns are as wide as they have to be."""
    rows = [_HEAD, *(_row(name, runs) for name in SYSTEMS if of(name, runs))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]


def _row(name: str, runs: Sequence[Run]) -> tuple[str, ...]:
    own = of(name, runs)
    speeds = sorted(run.per_second for run in own)
    return (
        SAID[name], f"{median(speeds):,.0f}", f"({speeds[0]:,.0f} to {speeds[-1]:,.0f})",
        f"{median(run.outputs / run.seconds for run in own):,.0f}", f"{median(run.client_seconds for run in own):.1f}",
        f"{median(run.broker_seconds for run in own):.1f}", f"{median(run.memory_mb for run in own):,.0f}",
        _told(ratio(name, STREAMS, runs)), _told(ratio(name, LIMIT, runs)),
    )  # fmt: skip


def _told(found: Spread | None) -> str:
    return "-" if found is None else f"{found.median:.2f}"
