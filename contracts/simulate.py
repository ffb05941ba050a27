"""Simulation (試算): how the disclosures of a past time would have differed, had a draft been in force. Pure.

A Case is one change with what every contract told of it then, and what it would have told under the draft. `fold`
counts them, one after the other, and keeps nothing of them but counts of contracts, items and kinds.
A draft is judged as if it had been in force on each change's day, unless it has ended. A contract that is the same in
both, word for word, makes no difference by definition, also on days before it came into force.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from contracts.change import Change
from contracts.contract import Contract
from contracts.decide import NOT_IN_FORCE, Disclosure, Silence, decide
from contracts.foreseen import Drafted, Recorded, Unknown

Answer = Disclosure | Silence | Recorded | Unknown
Answers = Mapping[str, Answer]

Effect = Literal["same", "changed", "newly-told", "no-longer-told", "silent", "perhaps-told", "perhaps-silent"]
"""`perhaps-told`: silent then, unknown under the draft. `perhaps-silent`: told then, unknown under the draft."""

TOLD_THEN: Final[tuple[Effect, ...]] = ("same", "changed", "no-longer-told", "perhaps-silent")
TOLD_BY_DRAFT: Final[tuple[Effect, ...]] = ("same", "changed", "newly-told")
UNDETERMINED: Final[tuple[Effect, ...]] = ("perhaps-told", "perhaps-silent")
NO_KIND: Final = "unknown"
"""Stands for the kind where the change can no longer be read: the ledger does not have it."""


@dataclass(frozen=True, slots=True)
class Case:
    """One change. `kind`: None where only the ledger is left of it. A contract that is missing in one was silent."""

    kind: str | None
    then: Answers
    draft: Answers


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one disclosure: items gained, lost, or told with another value; its state then and now."""

    effect: Effect
    gained: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    altered: frozenset[str] = frozenset()
    states: tuple[str, str] | None = None


@dataclass(slots=True)
class Count:
    """All differences of one contract. `kinds`: effects by kind of change; `states`: (then, under the draft)."""

    effects: Counter[Effect] = field(default_factory=Counter)
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    altered: Counter[str] = field(default_factory=Counter)
    states: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: defaultdict[str, Counter[Effect]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, kind: str, found: Difference) -> None:
        """Count one more."""
        self.effects[found.effect] += 1
        if found.effect != "silent":
            self.kinds[kind][found.effect] += 1
        if found.effect == "changed":
            self._add_changed(found)

    def _add_changed(self, found: Difference) -> None:
        self.gained.update(found.gained)
        self.lost.update(found.lost)
        self.altered.update(found.altered)
        if found.states:
            self.states[found.states] += 1

    def total(self, effects: Iterable[Effect]) -> int:
        """How many had one of these effects."""
        return sum(self.effects[effect] for effect in effects)

    @property
    def differing(self) -> int:
        """How many disclosures differ for certain."""
        return self.total(("changed", "newly-told", "no-longer-told"))


@dataclass(slots=True)
class Report:
    """What a simulation comes to: `read` changes were decided again, of `remembered` ones only the ledger was left."""

    read: int = 0
    remembered: int = 0
    contracts: dict[str, Count] = field(default_factory=dict)

    def add(self, case: Case) -> None:
        """Count one change."""
        if case.kind is None:
            self.remembered += 1
        else:
            self.read += 1
        for name in case.then.keys() | case.draft.keys():
            found = compare(case.then.get(name, NOT_IN_FORCE), case.draft.get(name, NOT_IN_FORCE))
            if name not in self.contracts:
                self.contracts[name] = Count()
            self.contracts[name].add(case.kind or NO_KIND, found)

    @property
    def differing(self) -> int:
        """How many disclosures differ for certain, of all contracts."""
        return sum(count.differing for count in self.contracts.values())


def fold(cases: Iterable[Case]) -> Report:
    """The report of all cases; holds one of them at a time."""
    report = Report()
    for case in cases:
        report.add(case)
    return report


def compare(then: Answer, draft: Answer) -> Difference:
    """How what the draft tells differs from what was told then."""
    if isinstance(draft, Unknown):
        return _PERHAPS_TOLD if isinstance(then, Silence) else _PERHAPS_SILENT
    if isinstance(then, Silence | Unknown):
        return _SILENT if isinstance(draft, Silence) else _NEWLY_TOLD
    if isinstance(draft, Silence):
        return _NO_LONGER_TOLD
    return _SAME if then is draft else _told_in_both(then, draft)


_SILENT, _SAME, _NEWLY_TOLD = Difference("silent"), Difference("same"), Difference("newly-told")
_NO_LONGER_TOLD = Difference("no-longer-told")
_PERHAPS_TOLD, _PERHAPS_SILENT = Difference("perhaps-told"), Difference("perhaps-silent")


def _told_in_both(then: Disclosure | Recorded, draft: Disclosure | Recorded) -> Difference:
    before, after = frozenset(then.items), frozenset(draft.items)
    altered = _altered(then, draft)
    states = None if then.state == draft.state else (then.state, draft.state)
    effect: Effect = "changed" if before != after or altered or states else "same"
    return Difference(effect, after - before, before - after, altered, states)


def _altered(then: Disclosure | Recorded, draft: Disclosure | Recorded) -> frozenset[str]:
    """Items in both whose value differs; the ledger has no values, so of what it has none is known to."""
    if isinstance(then, Recorded) or isinstance(draft, Recorded):
        return frozenset()
    both = then.items.keys() & draft.items.keys()
    return frozenset(item for item in both if then.items[item] != draft.items[item])


def answered(change: Change, contracts: Mapping[str, Contract], today: date) -> dict[str, Answer]:
    """What each contract tells of `change` on the day of its recording: nothing where it has ended by `today`."""
    return {name: _decided(change, contract, today) for name, contract in contracts.items()}


def redecided(
    change: Change, then: Answers, agreed: Mapping[str, Contract], draft: Mapping[str, Drafted], today: date
) -> dict[str, Answer]:
    """What each contract of `draft` tells of `change`; one that is the same as then tells what was told then."""
    return {
        name: then.get(name, NOT_IN_FORCE)
        if name in agreed and agreed[name].hash == drafted.hash
        else _decided(change, drafted.as_if, today)
        for name, drafted in draft.items()
    }


def _decided(change: Change, contract: Contract, today: date) -> Answer:
    return decide(change, contract, change.day) if contract.in_force(today) else NOT_IN_FORCE
