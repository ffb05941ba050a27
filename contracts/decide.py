"""May this contract hear of this change, and of which items? Pure: no clock, no randomness, no memory.

The rules, in this order; the first that fails names the silence.

1. not-in-force     The contract is in force on the day `on`, first and last day included; nobody needs to end it. Of an
                    attained age (年齢到達等) that is told late: on both days, because before that nobody was told.
2. outside          Membership of the contract's population is judged twice: the record before, as of the day before
                    `on`, and the record after, as of `on`. Outside twice is silence. No record is outside. A protected
                    person is outside a contract that suspends (支援措置). The states told: entered (was outside),
                    inside (was inside), deleted (消除 of somebody inside), left (still registered, no longer inside).
                    An attained age is judged by the day on which it was attained: told a day late, it is told still.
3. not-heard        The contract hears the kind, and a first load that is for certain contracts is for it; a 随時移転 is
                    for departments alone. Waived for entered and left through a 修正: a subscriber always learns that
                    a person came into or went out of its population.
4. nothing-changed  Of somebody inside, at least one permitted item of the record differs, or the kind is among
                    `always`. Else even the existence of the event would tell what may not be told.
5. protected        A contract that withholds hears nothing of a protected person. A record that does not say whether
                    the person is protected is treated as protected.
6.                  The disclosure is built up from what is named: every item permitted on the day `on` (conditional
                    ones while their grant is in force), null where the register has none. left carries the identifier
                    alone, with the value that the subscriber knows. A 随時移転 carries those permitted items that its
                    order names, and the identifier; whether the person is protected is said all the same.

Basis of the whole: 番号法9条・19条, 住基法30条の6 and the articles that each contract cites.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

from contracts.change import Change, Transfer
from contracts.contract import DEPARTMENTAL, Contract
from contracts.dates import age, last_day
from contracts.kinds import CORRECTION, REMOVAL, REVIEW

Registered = Mapping[str, Any]
State = Literal["entered", "inside", "deleted", "left"]
Reason = Literal["not-in-force", "outside", "not-heard", "nothing-changed", "protected"]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What one subscriber is told: every permitted item by id; `protected` is None where it is not carried."""

    state: State
    items: dict[str, Any]
    protected: bool | None


@dataclass(frozen=True, slots=True)
class Silence:
    """Why a subscriber is told nothing."""

    reason: Reason


NOT_IN_FORCE: Final = Silence("not-in-force")
OUTSIDE: Final = Silence("outside")
NOT_HEARD: Final = Silence("not-heard")
NOTHING_CHANGED: Final = Silence("nothing-changed")
PROTECTED: Final = Silence("protected")


def decide(change: Change, contract: Contract, on: date) -> Disclosure | Silence:
    """What `contract` is told of `change`, decided on the day `on`."""
    in_force = contract.in_force(on) and contract.in_force(judged_on(change, on))
    return judge(change, contract, on) if in_force else NOT_IN_FORCE


def judge(change: Change, contract: Contract, on: date) -> Disclosure | Silence:
    """Rules 2 to 6: what would be told if the contract were in force, as on the days of its trial."""
    state = state_of(change, contract, on)
    if state is None:
        return OUTSIDE
    if not hears(change, contract, state):
        return NOT_HEARD
    items = contract.permitted(on)
    if state == "inside" and not differs(change, contract, items):
        return NOTHING_CHANGED
    if contract.protected == "withhold" and is_protected(subject(change)):
        return PROTECTED
    return disclose(change, contract, state, items)


def state_of(change: Change, contract: Contract, on: date) -> State | None:
    """Rule 2; None is outside twice."""
    day = judged_on(change, on)
    was = belongs(change.before, contract, day - timedelta(days=1))
    now = belongs(change.after, contract, day)
    if now:
        return "inside" if was else "entered"
    if not was:
        return None
    return "deleted" if change.after is None else "left"


def judged_on(change: Change, on: date) -> date:
    """The day by which membership is judged: `on`; of a 年齢到達等 its own day, where that is complete and earlier."""
    if change.kind != REVIEW or not isinstance(change.effective_on, str):
        return on
    return min(date.fromisoformat(change.effective_on), on)


def belongs(record: Registered | None, contract: Contract, on: date) -> bool:
    """Whether the person of `record` is in the population of `contract` on the day `on`."""
    if record is None or (contract.protected == "suspend" and is_protected(record)):
        return False
    population = contract.population
    if population is None:
        return True
    if population.japanese is not None and is_japanese(record) != population.japanese:
        return False
    return _age_within(record, population.age_from, population.age_to, on)


def _age_within(record: Registered, low: int | None, high: int | None, on: date) -> bool:
    if low is None and high is None:
        return True
    years = age(record.get("birth_date"), on)
    return years is not None and (low is None or years >= low) and (high is None or years <= high)


def age_is_unknown(record: Registered, contract: Contract) -> bool:
    """Whether a population with an age leaves this person out only because no year of birth is known (不詳).

    Such a person is outside, and a person has to look at it: the register lists them (`jukihub unknown-ages`).
    """
    people = contract.population
    limited = people is not None and (people.age_from is not None or people.age_to is not None)
    return limited and last_day(record.get("birth_date")) is None


def hears(change: Change, contract: Contract, state: State) -> bool:
    """Rule 3."""
    if change.to is not None and contract.id not in change.to:
        return False
    if change.transfer is not None and contract.via not in DEPARTMENTAL:
        return False
    return change.kind in contract.hears or (change.action == CORRECTION and state in ("entered", "left"))


def differs(change: Change, contract: Contract, items: tuple[str, ...]) -> bool:
    """Rule 4. Items derived from the change itself do not count: in a record they are null, before and after."""
    if change.kind in contract.always:
        return True
    if not change.altered.isdisjoint(items):
        return True
    return "is_japanese" in items and is_japanese(change.before or {}) != is_japanese(change.after or {})


def is_protected(record: Registered) -> bool:
    """Whether 支援措置 is in force; a record that does not say so is treated as protected."""
    return record.get("protected") is not False


def is_japanese(record: Registered) -> bool:
    """日本国民か否か, derived from the nationality: the register has null for Japanese nationals."""
    return record.get("nationality") is None


def disclose(change: Change, contract: Contract, state: State, permitted: tuple[str, ...]) -> Disclosure:
    """Rule 6."""
    if state == "left":
        known = (change.before or {}).get(contract.identifier)
        return Disclosure(state, {contract.identifier: known}, None)
    record = subject(change)
    told = permitted if change.transfer is None else chosen(change.transfer, contract, permitted)
    items = dict(zip(told, map(record.get, told), strict=True))
    for item, derive in _DERIVED.items():
        if item in items:
            items[item] = derive(change, contract)
    return Disclosure(state, items, is_protected(record) if "dv_protection" in permitted else None)


def chosen(transfer: Transfer, contract: Contract, permitted: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the permitted items that a 随時移転 is for. The identifier stays: without it nobody would be named."""
    return tuple(item for item in permitted if item in transfer.items or item == contract.identifier)


def subject(change: Change) -> Registered:
    """The record that is told of: the one after, and where there is none the one before."""
    return change.after if change.after is not None else change.before or {}


def _change_reason(change: Change, contract: Contract) -> str | None:
    return change.kind if change.kind in contract.hears else None


def _removal_date(change: Change, _contract: Contract) -> Any:
    return change.effective_on if change.action == REMOVAL else None


_DERIVED: Final[Mapping[str, Callable[[Change, Contract], Any]]] = {
    "change_action": lambda change, _contract: change.action,
    "change_reason": _change_reason,
    "change_date": lambda change, _contract: change.effective_on,
    "removal_date": _removal_date,
    "is_japanese": lambda change, _contract: is_japanese(subject(change)),
}
