"""What can be wrong with an export or a receipt, and what was found. Pure."""

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from hub.proofs.merkle import Range
from hub.proofs.note import Checkpoint

MOST: Final = 1000
"""Findings that are named; the rest are counted."""


class Fault(StrEnum):
    """What can be wrong; the list is closed. `first` and `last` are numbers of leaves, unless it says otherwise."""

    NOT_SIGNED = "not-signed"
    """The checkpoint is not signed by this key, so nothing of the file is proved. No leaf: 0 stands there."""
    ALTERED = "altered"
    """The line is not the one that was signed under this number; or at least it is no longer proved to be."""
    PROOF = "proof"
    """The line is the one that was signed, by a checkpoint behind it; its number or its proof is not right."""
    MISSING = "missing"
    REPEATED = "repeated"
    MISPLACED = "misplaced"
    """The line is genuine, and stands behind later ones."""
    INSERTED = "inserted"
    """A line that was never signed stands in the file beside the one that was."""
    UNREADABLE = "unreadable"
    """Not a line of an export. The numbers are those of lines of the file, from 1."""
    SHORTENED = "shortened"
    """The earlier checkpoint has these leaves, and the one of the file has not."""
    REWRITTEN = "rewritten"
    """Among these leaves at least one is not what the earlier checkpoint was signed for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, from `first` to `last`."""

    fault: Fault
    first: int
    last: int

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"fault": self.fault, "first": self.first, "last": self.last}


@dataclass(slots=True)
class Verdict:
    """`proved`: how many lines are those that were signed; `disclosures`: how many disclosures those name.

    `begins`: where something is wrong with lines, the first fault is one of these leaves, up to before the second.
    """

    checkpoint: Checkpoint
    signed: bool = True
    proved: int = 0
    disclosures: int = 0
    faults: int = 0
    findings: list[Finding] = field(default_factory=list)
    begins: Range | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def add(self, fault: Fault, first: int, last: int | None = None) -> None:
        """Take note of a fault; one that goes on where the last one ended is one with it."""
        last = first if last is None else last
        self.faults += last - first + 1
        before = self.findings[-1] if self.findings else None
        if before and (before.fault, before.last + 1) == (fault, first):
            self.findings[-1] = Finding(fault, before.first, last)
        elif len(self.findings) < MOST:
            self.findings.append(Finding(fault, first, last))

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "sound": self.sound, "signed": self.signed, "ledger": self.checkpoint.origin, "size": self.checkpoint.size,
            "root": self.checkpoint.root.hex(), "proved": self.proved, "disclosures": self.disclosures,
            "begins": self.begins, "faults": self.faults, "findings": [one.as_json() for one in self.findings],
        }  # fmt: skip


class Order:
    """Which numbers have come, each once and in ascending order, or not."""

    def __init__(self) -> None:
        self.next = 0
        self._gaps: list[Range] = []

    def take(self, number: int) -> Fault | None:
        """The next one has come: None, or what is wrong with its place."""
        if number >= self.next:
            self.reach(number)
            self.next = number + 1
            return None
        return Fault.MISPLACED if self.fill(number) else Fault.REPEATED

    def reach(self, number: int) -> None:
        """Everything before `number` that has not come is missing, so far."""
        if number > self.next:
            self._gaps.append((self.next, number))
            self.next = number

    def fill(self, number: int) -> bool:
        """Whether `number` was missing; it is no longer."""
        at = bisect_right(self._gaps, number, key=lambda gap: gap[0]) - 1
        if at < 0 or number >= self._gaps[at][1]:
            return False
        first, last = self._gaps[at]
        self._gaps[at : at + 1] = [gap for gap in ((first, number), (number + 1, last)) if gap[0] < gap[1]]
        return True

    def missing(self) -> list[Range]:
        """What has not come."""
        return self._gaps


SAID: Final = {
    Fault.NOT_SIGNED: ("checkpoint", "not signed by this key, so that nothing of the file is proved"),
    Fault.ALTERED: ("leaf", "not proved to be what was signed"),
    Fault.PROOF: ("leaf", "what was signed, but the number or the proof beside it is not right"),
    Fault.MISSING: ("leaf", "not in the file"),
    Fault.REPEATED: ("leaf", "in the file once more"),
    Fault.MISPLACED: ("leaf", "what was signed, and behind later ones"),
    Fault.INSERTED: ("leaf", "a line that was never signed, beside the one that was"),
    Fault.UNREADABLE: ("line", "of the file, that cannot be read"),
    Fault.SHORTENED: ("leaf", "under the earlier checkpoint, and no longer there"),
    Fault.REWRITTEN: ("leaf", "at least one is not what it was under the earlier checkpoint"),
}
"""Each fault in words: of what, and what."""
