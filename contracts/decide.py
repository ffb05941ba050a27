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

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal, NamedTuple

from contracts.change import Change, Transfer
from contracts.contract import DEPARTMENTAL, Contract
from contracts.dates import age, last_day
from contracts.kinds import CORRECTION, REMOVAL, REVIEW

Registered = Mapping[str, Any]
State = Literal["entered", "inside", "deleted", "left"]
Reason = Literal["not-in-force", "outside", "not-heard", "nothing-changed", "protected"]
_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What one subscriber is told: every permitted item by id; `protected` is None where it is not carried."""

    state: State
    items: dict[str, Any]
    protected: bool | None


class Told(NamedTuple):
    """The same without the values: `items` are named, in the order in which they are told. `values` has them."""

    state: State
    items: tuple[str, ...]
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


class Person(NamedTuple):
    """What membership asks of a record. `years`: completed on the day; None where the year of birth is unknown."""

    protected: bool
    japanese: bool
    years: int | None


class Facts(NamedTuple):
    """All that the rules ask of a Change decided on the day `on`: of the same facts every contract is told alike.

    `day`: the day of judgement. `was`: the person before, as of the day before it; `now`: after, as of the day.
    `removed`: there is no record after. `protected`: of the record told of. `naturalised`: 日本国民か否か differs.
    """

    kind: str
    action: str
    to: frozenset[str] | None
    transfer: Transfer | None
    on: date
    day: date
    was: Person | None
    now: Person | None
    removed: bool
    protected: bool
    altered: frozenset[str]
    naturalised: bool

    @classmethod
    def of(cls, change: Change, on: date) -> "Facts":
        """The facts of `change` on the day `on`."""
        day, before, after = judged_on(change, on), change.before, change.after
        return cls(
            change.kind, change.action, change.to, change.transfer, on, day,
            person(before, day - _A_DAY), person(after, day), after is None, is_protected(subject(change)),
            change.altered, is_japanese(before or {}) != is_japanese(after or {}),
        )  # fmt: skip


def decide(change: Change, contract: Contract, on: date) -> Disclosure | Silence:
    """What `contract` is told of `change`, decided on the day `on`."""
    return _with_values(change, contract, outcome(Facts.of(change, on), contract))


def judge(change: Change, contract: Contract, on: date) -> Disclosure | Silence:
    """Rules 2 to 6: what would be told if the contract were in force, as on the days of its trial."""
    return _with_values(change, contract, weighed(Facts.of(change, on), contract))


def _with_values(change: Change, contract: Contract, found: Told | Silence) -> Disclosure | Silence:
    if isinstance(found, Silence):
        return found
    return Disclosure(found.state, values(change, contract, found), found.protected)


def outcome(facts: Facts, contract: Contract) -> Told | Silence:
    """`decide` for whoever has the facts, and takes the values from elsewhere."""
    in_force = contract.in_force(facts.on) and contract.in_force(facts.day)
    return weighed(facts, contract) if in_force else NOT_IN_FORCE


def weighed(facts: Facts, contract: Contract) -> Told | Silence:
    """`judge` in the same way."""
    state = _state(facts, contract)
    if state is None:
        return OUTSIDE
    if not hears(facts, contract, state):
        return NOT_HEARD
    items = contract.permitted(facts.on)
    if state == "inside" and not differs(facts, contract, items):
        return NOTHING_CHANGED
    if contract.protected == "withhold" and facts.protected:
        return PROTECTED
    return named(facts, contract, state, items)


def state_of(change: Change, contract: Contract, on: date) -> State | None:
    """Rule 2; None is outside twice."""
    return _state(Facts.of(change, on), contract)


def _state(facts: Facts, contract: Contract) -> State | None:
    was = is_member(facts.was, contract)
    if is_member(facts.now, contract):
        return "inside" if was else "entered"
    if not was:
        return None
    return "deleted" if facts.removed else "left"


def judged_on(change: Change, on: date) -> date:
    """The day by which membership is judged: `on`; of a 年齢到達等 its own day, where that is complete and earlier."""
    if change.kind != REVIEW or not isinstance(change.effective_on, str):
        return on
    return min(date.fromisoformat(change.effective_on), on)


def belongs(record: Registered | None, contract: Contract, on: date) -> bool:
    """Whether the person of `record` is in the population of `contract` on the day `on`."""
    return is_member(person(record, on), contract)


def person(record: Registered | None, on: date) -> Person | None:
    """What membership asks of `record` on the day `on`; None where there is none."""
    if record is None:
        return None
    return Person(is_protected(record), is_japanese(record), age(record.get("birth_date"), on))


def is_member(one: Person | None, contract: Contract) -> bool:
    """Whether somebody is in the population of `contract`."""
    if one is None or (contract.protected == "suspend" and one.protected):
        return False
    population = contract.population
    if population is None:
        return True
    if population.japanese is not None and one.japanese != population.japanese:
        return False
    return _age_within(one.years, population.age_from, population.age_to)


def _age_within(years: int | None, low: int | None, high: int | None) -> bool:
    if low is None and high is None:
        return True
    return years is not None and (low is None or years >= low) and (high is None or years <= high)


def age_is_unknown(record: Registered, contract: Contract) -> bool:
    """Whether a population with an age leaves this person out only because no year of birth is known (不詳).

    Such a person is outside, and a person has to look at it: the register lists them (`jukihub unknown-ages`).
    """
    people = contract.population
    limited = people is not None and (people.age_from is not None or people.age_to is not None)
    return limited and last_day(record.get("birth_date")) is None


def hears(facts: Facts, contract: Contract, state: State) -> bool:
    """Rule 3."""
    if facts.to is not None and contract.id not in facts.to:
        return False
    if facts.transfer is not None and contract.via not in DEPARTMENTAL:
        return False
    return facts.kind in contract.hears or (facts.action == CORRECTION and state in ("entered", "left"))


def differs(facts: Facts, contract: Contract, items: tuple[str, ...]) -> bool:
    """Rule 4. Items derived from the change itself do not count: in a record they are null, before and after."""
    if facts.kind in contract.always or not facts.altered.isdisjoint(items):
        return True
    return "is_japanese" in items and facts.naturalised


def is_protected(record: Registered) -> bool:
    """Whether 支援措置 is in force; a record that does not say so is treated as protected."""
    return record.get("protected") is not False


def is_japanese(record: Registered) -> bool:
    """日本国民か否か, derived from the nationality: the register has null for Japanese nationals."""
    return record.get("nationality") is None


def named(facts: Facts, contract: Contract, state: State, permitted: tuple[str, ...]) -> Told:
    """Rule 6, but for the values."""
    if state == "left":
        return Told(state, (contract.identifier,), None)
    told = permitted if facts.transfer is None else chosen(facts.transfer, contract, permitted)
    return Told(state, told, facts.protected if "dv_protection" in permitted else None)


def chosen(transfer: Transfer, contract: Contract, permitted: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the permitted items that a 随時移転 is for. The identifier stays: without it nobody would be named."""
    return tuple(item for item in permitted if item in transfer.items or item == contract.identifier)


def values(change: Change, contract: Contract, told: Told) -> dict[str, Any]:
    """What is told, item by item."""
    if told.state == "left":
        return {contract.identifier: (change.before or {}).get(contract.identifier)}
    record, derived = subject(change), derived_of(change, heard=change.kind in contract.hears)
    return {item: derived[item] if item in derived else record.get(item) for item in told.items}


def is_common(facts: Facts, contract: Contract, told: Told) -> bool:
    """Whether the values are those that most contracts are told: those of `subject`, and what is derived for all."""
    return told.state != "left" and facts.kind in contract.hears


def subject(change: Change) -> Registered:
    """The record that is told of: the one after, and where there is none the one before."""
    return change.after if change.after is not None else change.before or {}


def derived_of(change: Change, *, heard: bool) -> dict[str, Any]:
    """The items that no record has. `heard`: whether the contract hears the kind, and so may know it."""
    return {
        "change_action": change.action,
        "change_reason": change.kind if heard else None,
        "change_date": change.effective_on,
        "removal_date": change.effective_on if change.action == REMOVAL else None,
        "is_japanese": is_japanese(subject(change)),
    }
