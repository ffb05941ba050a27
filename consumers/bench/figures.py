"""What was measured, and what it says: pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

WANTED: Final = 5000
"""Disclosures per second that each line is to reach in one process."""
_BUSY: Final = 0.85
"""A processor that is busy for this part of the time is what limits a line."""
_HEAD: Final = (
    "", "disclosures/s", "per core of own", "CPU own", "database", "counterpart", "broker", "memory", "what limits it",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """`count` disclosures in `seconds`. Seconds of processor: of our own process, and of whoever took part.

    `mb`: the most memory that our own process has held. `cores`: of the machine.
    """

    line: str
    count: int
    seconds: float
    own: float
    database: float
    counterpart: float
    broker: float
    mb: float
    cores: int

    @property
    def per_second(self) -> float:
        """Disclosures per second."""
        return self.count / self.seconds

    @property
    def per_core(self) -> float:
        """Disclosures per second that our own process would carry on a core of its own, if it waited for nobody."""
        return self.count / self.own

    @property
    def limit(self) -> str:
        """What kept it from being faster, as far as processors tell."""
        shares = {"our own process": self.own, "the counterpart": self.counterpart}
        for name, seconds in shares.items():
            if seconds / self.seconds >= _BUSY:
                return name
        together = self.own + self.database + self.counterpart + self.broker
        if together / self.seconds >= _BUSY * self.cores:
            return "the machine, shared by all of them"
        return "waiting: other work on the machine, the disk, round trips"


def told(run: Run) -> dict[str, Any]:
    """For machines: everything, in seconds of processor for each process."""
    return asdict(run) | {"per_second": run.per_second, "per_core": run.per_core, "limit": run.limit}


def lines(runs: Sequence[Run]) -> list[str]:
    """The table, one row for each line: medians, and µs of processor for each disclosure."""
    rows = [_HEAD, *(_row([run for run in runs if run.line == line]) for line in dict.fromkeys(r.line for r in runs))]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEAD))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(runs: Sequence[Run]) -> tuple[str, ...]:
    rates = sorted(run.per_second for run in runs)
    spent = [f"{median(getattr(run, who) / run.count for run in runs) * 1e6:.0f} µs"
             for who in ("own", "database", "counterpart", "broker")]  # fmt: skip
    middle = sorted(runs, key=lambda run: run.per_second)[len(runs) // 2]
    rate = f"{median(rates):,.0f} ({rates[0]:,.0f} to {rates[-1]:,.0f})"
    per_core = f"{median(run.per_core for run in runs):,.0f}"
    return (runs[0].line, rate, per_core, *spent, f"{max(run.mb for run in runs):.0f} MB", middle.limit)


def last_line(runs: Sequence[Run]) -> str:
    """How far the lines are from what is wanted: by the clock, and for each second of a core of our own process."""
    return f"of 5,000/s per process: {_parts(runs, 'per_second')}; per core of it: {_parts(runs, 'per_core')}"


def _parts(runs: Sequence[Run], rate: str) -> str:
    named = dict.fromkeys(run.line for run in runs)
    medians = {line: median(getattr(run, rate) for run in runs if run.line == line) for line in named}
    return ", ".join(f"{line} {found / WANTED:.2f}" for line, found in medians.items())
