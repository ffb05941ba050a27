"""What several rounds of several systems come to: medians, spreads, ratios, a table. Pure.

A ratio is taken within each round, where both had the same machine, and its median told; so what slows a whole round
down weighs on both sides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

NATIVE: Final = ("ours-1", "ours-2")
TWIN: Final = ("ours-1-python", "ours-2-python")
"""The same router, told to leave the native kernel aside."""
OURS: Final = (*NATIVE, *TWIN)
STREAMS: Final = "streams"
LIMIT: Final = "limit"
SYSTEMS: Final = (*OURS, STREAMS, LIMIT)
SAID: Final = {
    "ours-1": "ours, one process", "ours-2": "ours, two processes", "ours-1-python": "ours, one process",
    "ours-2-python": "ours, two processes", STREAMS: "Kafka Streams, two threads", LIMIT: "the broker's limit",
}  # fmt: skip
_HEAD: Final = ("", "changes/s", "(lowest to highest)", "outputs/s", "CPU s", "broker CPU s", "others' CPU s",
                "memory MB", "x Streams", "(each round)", "x limit", "(each round)")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """One system in one round: `changes` became `outputs` (disclosures, without the ledger's lines) in `seconds`.

    `client_seconds`, `broker_seconds`: CPU of its processes and of the broker in that time. `memory_mb`: the most that
    its processes have held. `record_bytes`: mean length of what was written, ledger's lines included. `kernel`: what
    its processes say that they seal with. `other_seconds`: CPU that whatever else runs on the machine took meanwhile.
    `line_bytes`: mean length of a line of the ledger, of one for each change.
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
    kernel: str = ""
    other_seconds: float = 0.0
    line_bytes: int = 0

    @property
    def both_seconds(self) -> float:
        """CPU of its processes and of the broker together."""
        return self.client_seconds + self.broker_seconds

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


def by_cpu(runs: Sequence[Run]) -> list[str]:
    """How many times as little processor an output costs as with Kafka Streams, client and broker together.

    On cores that nobody else wants it says what the speeds say; where other work takes some of them it says it still.
    """
    found = {name: _cheaper(name, runs) for name in systems(runs) if name not in (STREAMS, LIMIT)}
    return [f"{_called(of(name, runs)[0])} {one.median:.2f} {_spread(one)[1]}" for name, one in found.items() if one]


def _cheaper(name: str, runs: Sequence[Run]) -> Spread | None:
    theirs = {run.round: run.both_seconds / run.outputs for run in of(STREAMS, runs)}
    own = [run for run in of(name, runs) if run.round in theirs]
    return Spread.of(theirs[run.round] * run.outputs / run.both_seconds for run in own)


def best(runs: Sequence[Run], among: Sequence[str] = (*TWIN, *NATIVE)) -> str | None:
    """Which of ours is compared in the end: the last of `among` that ran. None where none did."""
    return next((name for name in reversed(among) if of(name, runs)), None)


def last_lines(runs: Sequence[Run]) -> list[str]:
    """What the whole comparison says: of the twin where the native kernel ran beside it, and in the end of the best."""
    native, twin = best(runs, NATIVE), best(runs, TWIN)
    beside = [f"with the Python twin: {_ratios(twin, runs)}"] if native and twin else []
    return [*beside, _ratios(native or twin or STREAMS, runs)]


def _ratios(name: str, runs: Sequence[Run]) -> str:
    return "  ".join((f"ratio to Kafka Streams: {_told(ratio(name, STREAMS, runs))}",
                      f"ratio to broker limit: {_told(ratio(name, LIMIT, runs))}"))  # fmt: skip


def systems(runs: Iterable[Run]) -> list[str]:
    """Those that ran: ours first, the limit last, what was tried of Kafka Streams in between."""
    ran = [*dict.fromkeys(run.system for run in runs)]
    tried = [name for name in ran if name not in SYSTEMS]
    return [name for name in (*OURS, STREAMS, *tried, LIMIT) if name in ran]


def table(runs: Sequence[Run]) -> list[str]:
    """A line per system that ran, under a head; the columns are as wide as they have to be."""
    rows = [_HEAD, *(_row(name, runs) for name in systems(runs))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]


def _row(name: str, runs: Sequence[Run]) -> tuple[str, ...]:
    own = of(name, runs)
    speeds = sorted(run.per_second for run in own)
    return (
        _called(own[0]), f"{median(speeds):,.0f}", f"({speeds[0]:,.0f} to {speeds[-1]:,.0f})",
        f"{median(run.outputs / run.seconds for run in own):,.0f}", f"{median(run.client_seconds for run in own):.1f}",
        f"{median(run.broker_seconds for run in own):.1f}", f"{median(run.other_seconds for run in own):.1f}",
        f"{median(run.memory_mb for run in own):,.0f}",
        *_spread(ratio(name, STREAMS, runs)), *_spread(ratio(name, LIMIT, runs)),
    )  # fmt: skip


def _called(run: Run) -> str:
    return ", ".join(filter(None, (SAID.get(run.system, run.system), run.kernel)))


def _spread(found: Spread | None) -> tuple[str, str]:
    return (_told(found), "" if found is None else f"({found.low:.2f} to {found.high:.2f})")


def _told(found: Spread | None) -> str:
    return "-" if found is None else f"{found.median:.2f}"
