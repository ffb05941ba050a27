"""When which fault happens: a pure function of the seed.

One or two faults are at work at a time, never two of one domain. Kinds come from a shuffled deck, so that each has its
turn before any comes again; whom it hits, how, and for how long is left to the dice. What would not have ended by the
end of the run is not begun.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

SLOTS = ("router-0", "router-1")
DELIVERIES = ("deliver-prefecture", "deliver-intermediate-server", "deliver-convenience-store")
CORE = ("relay", *SLOTS, "ledger", *DELIVERIES)
KEEPING = ("pull", "files")
"""Processes that keep what is fetched from us and what goes into files; there where such contracts are."""
PROCESSES = (*CORE, *KEEPING)
COUNTERPARTS = ("prefecture", "intermediate-server", "convenience-store")
NODES = ("1", "2", "3")
PAIRS = ("1+2", "1+3", "2+3")
FULL_NODE = "3"
"""The node whose disk is small."""

AT_ONCE = 2
SETTLING = 1.0
"""Seconds of peace before the first fault."""
_SHARE = 3
"""A fault that may take more than this share of the run (1/3) is left out of it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: how long it lasts (seconds), whom it may hit, and how."""

    name: str
    domain: str
    shortest: float
    longest: float
    targets: tuple[str, ...]
    ways: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; times in seconds from the beginning of the run."""

    at: float
    lasts: float
    kind: str
    target: str
    how: str

    @property
    def until(self) -> float:
        return round(self.at + self.lasts, 2)

    def __str__(self) -> str:
        return f"{self.at:6.1f} s  {self.kind} {self.target}{' ' + self.how if self.how else ''} for {self.lasts:.1f} s"


KINDS = (
    Kind("process-killed", "hub", 0.5, 2, PROCESSES),
    Kind("process-frozen", "hub", 3, 10, PROCESSES),
    Kind("process-frozen-beyond-its-transaction", "hub", 32, 36, (*SLOTS, "relay")),
    Kind("process-replaced-while-frozen", "hub", 5, 10, (*SLOTS, *DELIVERIES, *KEEPING, "relay", "ledger")),
    Kind("node-killed", "cluster", 3, 8, NODES),
    Kind("node-stopped", "cluster", 3, 8, NODES),
    Kind("node-frozen", "cluster", 3, 12, NODES),
    Kind("controller-killed", "cluster", 3, 8, ("controller",)),
    Kind("quorum-killed", "cluster", 3, 8, PAIRS),
    Kind("clients-cut-off", "cluster", 3, 10, NODES, ("both", "towards-node", "towards-clients", "held")),
    Kind("node-cut-off", "cluster", 3, 10, NODES, ("both", "towards-node", "from-node")),
    Kind("node-slow", "cluster", 4, 10, NODES, ("0.1", "0.4", "1.0")),
    Kind("node-disk-full", "cluster", 4, 10, (FULL_NODE,)),
    Kind("database-killed", "database", 1, 5, ("database",), ("immediate", "kill")),
    Kind("database-sessions-ended", "database", 0.5, 3, ("database",)),
    Kind("database-connections-exhausted", "database", 3, 8, ("database",)),
    Kind("database-disk-full", "database", 3, 8, ("database",)),
    Kind("counterpart-killed", "counterpart", 1, 6, COUNTERPARTS),
    Kind("counterpart-down", "counterpart", 3, 8, COUNTERPARTS, ("503", "close")),
    Kind("counterpart-slow", "counterpart", 4, 14, COUNTERPARTS, ("2.0/before", "2.0/after", "11.0/after")),
    Kind("counterpart-talks-nonsense", "counterpart", 3, 8, COUNTERPARTS,
         ("no-receipt/before", "no-receipt/after", "html/before", "truncated/after", "empty/after")),
    Kind("clock-jumps", "clock", 3, 10, (*SLOTS, *DELIVERIES, "relay", "counter"), ("+2400", "+172800", "-172800")),
)  # fmt: skip
BY_NAME = {kind.name: kind for kind in KINDS}


def schedule(seed: int, seconds: float, kinds: Sequence[Kind] = KINDS) -> tuple[Fault, ...]:
    """The faults of a run of `seconds`, by the time of their beginning; the same for the same seed."""
    dice, at, deck, found = Random(f"chaos/{seed}"), SETTLING, list[Kind](), list[Fault]()
    fitting = [kind for kind in kinds if kind.longest * _SHARE <= seconds]
    while fitting and at < seconds:
        deck = deck or dice.sample(fitting, len(fitting))
        active = [fault for fault in found if fault.until > at]
        kind = _next(deck, active)
        if kind is None or len(active) >= AT_ONCE:
            at = min(fault.until for fault in active)
            continue
        deck.remove(kind)
        fault = _drawn(kind, at, dice)
        at = round(at + dice.uniform(0.5, 3.0), 2)
        if fault.until <= seconds:
            found.append(fault)
    return tuple(found)


def _next(deck: Sequence[Kind], active: Sequence[Fault]) -> Kind | None:
    taken = {BY_NAME[fault.kind].domain for fault in active}
    return next((kind for kind in deck if kind.domain not in taken), None)


def _drawn(kind: Kind, at: float, dice: Random) -> Fault:
    lasts = dice.uniform(kind.shortest, kind.longest)
    return Fault(at, round(lasts, 2), kind.name, dice.choice(kind.targets), dice.choice(kind.ways))
