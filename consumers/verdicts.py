"""Deciding a letter again: authority then ∩ authority now, with the protection of today. Pure; the day is passed in.

In this order; the first that applies is the verdict, with its reason.

1. no-longer-lawful  The contract is not in the Book any more (no-contract), on trial (on-trial), not in force today or
                     not on the day of recording (not-in-force).
2. not-decidable     The Change behind it is no longer on juki.changes (change-gone). Then it is released as it is only
                     where the contract is word for word the one that it was sealed under, and does not withhold.
3. withheld          Decided again as of its own day of recording, the contract would hear nothing of it (the reason is
                     that of the silence), or hear it in another state (state-changed), or nothing would be left of it
                     (nothing-left), or the resident is protected today (protected).
4. narrowed          An item is missing now, or would be another value now, or its grant is over: it stays away.
5. unchanged         Everything that was sealed may be said today.

What is released are items that were sealed, with the values that were sealed. Nothing is ever added. `protected` says
that it goes out as of a protected person, to a contract that carries the mark.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from consumers.disclosure import Disclosure
from contracts import decide as law
from contracts.change import Change
from contracts.contract import Contract
from contracts.decide import Silence, decide

UNCHANGED: Final = "unchanged"
NARROWED: Final = "narrowed"
WITHHELD: Final = "withheld"
NOT_LAWFUL: Final = "no-longer-lawful"
NOT_DECIDABLE: Final = "not-decidable"
HELD_BACK: Final = "held-back"
CODES: Final = (UNCHANGED, NARROWED, WITHHELD, NOT_LAWFUL, NOT_DECIDABLE, HELD_BACK)
"""Every verdict; `held-back` is not the law's but the plan's (order, loops), and comes from planning."""

_TAKEN_BACK: Final = frozenset({"left", "deleted"})
MARK: Final = "dv_protection"
"""The item that goes with the mark `protected`: a contract without it carries no mark."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What deciding again came to. `items`: what is released; `dropped`: what was sealed and stays away."""

    code: str
    reason: str = ""
    items: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    protected: bool = False
    state: str = ""

    @property
    def releases(self) -> bool:
        """Whether anything goes out."""
        return self.code in (UNCHANGED, NARROWED)


def standing(contract: Contract | None, today: date) -> Verdict | None:
    """Rule 1 for a whole contract; None where it is in force today."""
    if contract is None:
        return Verdict(NOT_LAWFUL, "no-contract")
    if contract.in_shadow(today):
        return Verdict(NOT_LAWFUL, "on-trial")
    return None if contract.in_force(today) else Verdict(NOT_LAWFUL, "not-in-force")


def decided_again(
    said: Disclosure, sealed_under: str, contract: Contract, change: Change | None, today: date
) -> Verdict:
    """Rules 1 to 5 for one disclosure. `sealed_under`: hash of its contract; `change`: None where it is gone."""
    if unlawful := standing(contract, today):
        return unlawful
    if change is None:
        if sealed_under != contract.hash or contract.protected == "withhold":
            return Verdict(NOT_DECIDABLE, "change-gone")
        return _released(said, contract, set(said.items), today)
    decision = decide(change, contract, change.day)
    if isinstance(decision, Silence):
        return Verdict(NOT_LAWFUL if decision == law.NOT_IN_FORCE else WITHHELD, decision.reason)
    if decision.state != said.state:
        return Verdict(WITHHELD, "state-changed")
    missing = object()
    same = {item for item, value in said.items.items() if decision.items.get(item, missing) == value}
    return _released(said, contract, same, today)


def with_protection(verdict: Verdict, contract: Contract, protected: bool | None) -> Verdict:
    """The verdict under the protection of today; `protected`: of the newest Change known, None where there is none."""
    if not verdict.releases or not protected:
        return verdict
    if contract.protected == "withhold" or (contract.protected == "suspend" and verdict.state not in _TAKEN_BACK):
        return Verdict(WITHHELD, "protected")
    return replace(verdict, protected=MARK in verdict.items)


def is_protected(change: Change) -> bool:
    """Whether the resident is protected as of this Change."""
    return law.is_protected(law.subject(change))


def _released(said: Disclosure, contract: Contract, same: set[str], today: date) -> Verdict:
    lawful = same & {*contract.permitted(today), *([contract.identifier] if said.state == "left" else [])}
    kept, dropped = _split(tuple(said.items), lawful)
    if not kept or contract.identifier in dropped:
        return Verdict(WITHHELD, "nothing-left")
    return Verdict(NARROWED if dropped else UNCHANGED, "", kept, dropped, state=said.state)


def _split(items: Sequence[str], lawful: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(item for item in items if item in lawful), tuple(item for item in items if item not in lawful)
