"""Delays, counted: what began when, what could be read when, and what so many milliseconds come to. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

Mark = tuple[str, str]
"""(topic that is read, by its short name; what tells one record from all others of it)."""

LEGS: Final = ("in the outbox", "relay to router", "router to subscriber")
"""Until the relay has sealed it; until the router, which has polled it, decides; sealing, transaction and fetch."""


@dataclass(frozen=True, slots=True)
class Delays:
    """Milliseconds, of `count` records."""

    count: int
    p50: float
    p99: float
    longest: float


@dataclass(frozen=True, slots=True)
class Arrived:
    """When a record could be read; `made`: when it was, to the millisecond. Seconds since 1970."""

    at: float
    made: float


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


def legs(
    begun: Begun, arrived: Mapping[Mark, Arrived], sealed: Mapping[int, Sequence[float]]
) -> dict[str, list[float]]:  # fmt: skip
    """Where each change was for how long. On a partition changes lie in the order of their commits, or nearly so.

    `sealed`: by partition when the relay had sealed each.
    """
    found: dict[str, list[float]] = {name: [] for name in LEGS}
    in_order: dict[int, list[Began]] = defaultdict(list)
    for one in sorted(begun.all, key=lambda each: each.at):
        in_order[one.part].append(one)
    for part, several in in_order.items():
        for one, relayed in zip(several, sealed[part], strict=True):
            if one.at >= begun.counts_from:
                for mark in one.marks:
                    _add_one(found, one.at, relayed, arrived[mark])
    return found


def _add_one(found: Mapping[str, list[float]], committed: float, relayed: float, record: Arrived) -> None:
    for name, took in zip(LEGS, (relayed - committed, record.made - relayed, record.at - record.made), strict=True):
        found[name].append(took * 1000)
