"""Why a contract was or was not told of a change: the rules of `decide` one by one, and item by item the articles.

Every answer comes from the functions that decide, in their order, so that the explanation cannot know better than the
decision. It is written for the legal section and the auditors of the city: it names items, also those that differ and
are not told, but holds no value of a record.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final, cast

from contracts import reasons
from contracts.articles import permitting
from contracts.book import Book
from contracts.change import Change
from contracts.contract import DEPARTMENTAL, Contract, Grant
from contracts.decide import (
    Disclosure,
    Facts,
    Reason,
    State,
    chosen,
    differs,
    hears,
    is_japanese,
    is_protected,
    judge,
    judged_on,
    named,
    state_of,
    subject,
    values,
)
from contracts.errors import Text
from contracts.kinds import kinds
from contracts.law import Basis, items
from contracts.reasons import described, period, why_outside


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: whether it `holds` (None: not asked, because an earlier one ended it), and why."""

    number: int
    name: str
    holds: bool | None
    reason: Text


@dataclass(frozen=True, slots=True)
class Passage:
    """An item that is told, and what lets it through. `has_value`: whether the register has one; None where unknown."""

    item: str
    name: str
    has_value: bool | None
    bases: tuple[Basis, ...]
    grant: Grant | None


@dataclass(frozen=True, slots=True)
class Withheld:
    """An item that differs and that the contract may not know; `conditional` where a grant would permit it."""

    item: str
    name: str
    conditional: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """One change, one contract, one day.

    `state`: None for a silence. `withheld`: whether told or not. `grants`: in force that day. `trial`: what the
    contract would be told, on the days of its trial.
    """

    change: str
    kind: str
    contract: Contract
    book: Book
    on: date
    rules: tuple[Rule, ...]
    state: State | None
    told: tuple[Passage, ...]
    withheld: tuple[Withheld, ...]
    grants: tuple[Grant, ...]
    trial: State | Reason | None

    @property
    def outcome(self) -> State | Reason:
        """The state that is told, or the name of the first rule that fails."""
        if self.state is not None:
            return self.state
        return cast("Reason", next(rule.name for rule in self.rules if not rule.holds))


def explain(change: Change, contract: Contract, book: Book, on: date) -> Explanation:
    """Why `contract` of `book` is or is not told of `change` on the day `on`."""
    case = _Case(change, contract, book, on)
    rules = tuple(_ruled(case))
    told = case.state if all(rule.holds for rule in rules) else None
    return Explanation(
        change=change.id, kind=change.kind, contract=contract, book=book, on=on, rules=rules, state=told,
        told=tuple(case.passages(told)) if told else (), withheld=tuple(case.withheld()),
        grants=tuple(grant for grant in contract.granted if grant.in_force(on)),
        trial=_outcome(change, contract, on) if contract.in_shadow(on) else None,
    )  # fmt: skip


def passage(book: Book, contract: Contract, item: str, on: date, *, has_value: bool | None = None) -> Passage:
    """What lets `contract` have `item` on the day `on`."""
    grant = next((each for each in contract.granted if each.item == item and each.in_force(on)), None)
    return Passage(item, item_name(book, item), has_value, permitting(book, contract, item), grant)


def item_name(book: Book, item: str) -> str:
    """The statutory name of `item`, as `book` has it; a Book that is older than the item has none."""
    known = book.items.get(item) or items().get(item)
    return known.ja if known else item


def kind_name(book: Book, kind: str) -> str:
    """The name of `kind`, as `book` has it."""
    known = book.kinds.get(kind) or kinds().get(kind)
    return known.ja if known else kind


def differing(change: Change, among: tuple[str, ...]) -> Iterator[str]:
    """Those of `among` that the change alters; what is derived from the change itself alters nothing."""
    for item in among:
        if item in change.altered or (item == "is_japanese" and _changes_nationality(change)):
            yield item


def _changes_nationality(change: Change) -> bool:
    if change.before is None or change.after is None:
        return False
    return is_japanese(change.before) != is_japanese(change.after)


@dataclass(frozen=True)
class _Case:
    change: Change
    contract: Contract
    book: Book
    on: date

    @cached_property
    def facts(self) -> Facts:
        return Facts.of(self.change, self.on)

    @cached_property
    def state(self) -> State | None:
        return state_of(self.change, self.contract, self.on)

    @cached_property
    def permitted(self) -> tuple[str, ...]:
        return self.contract.permitted(self.on)

    @property
    def kind(self) -> str:
        return kind_name(self.book, self.change.kind)

    def names(self, among: tuple[str, ...]) -> Text:
        named = [item_name(self.book, item) for item in differing(self.change, among)]
        return Text("、".join(named), ", ".join(named))

    def passages(self, state: State) -> Iterator[Passage]:
        told = named(self.facts, self.contract, state, self.permitted)
        for item, value in values(self.change, self.contract, told).items():
            yield passage(self.book, self.contract, item, self.on, has_value=value is not None)

    def withheld(self) -> Iterator[Withheld]:
        for item in differing(self.change, tuple(each for each in items() if each not in self.permitted)):
            yield Withheld(item, item_name(self.book, item), item in self.contract.conditional)


def _outcome(change: Change, contract: Contract, on: date) -> State | Reason:
    judged = judge(change, contract, on)
    return judged.state if isinstance(judged, Disclosure) else judged.reason


def _ruled(case: _Case) -> Iterator[Rule]:
    ended = False
    for number, (name, rule) in enumerate(_RULES, 1):
        if ended:
            yield Rule(number, name, None, reasons.NOT_ASKED)
            continue
        holds, reason = rule(case)
        ended = not holds
        yield Rule(number, name, holds, reason)


def _in_force(case: _Case) -> tuple[bool, Text]:
    contract, days = case.contract, (case.on, judged_on(case.change, case.on))
    on = next((day for day in days if not contract.in_force(day)), case.on)
    in_force = period(contract.in_force_from, contract.in_force_until)
    if contract.in_force(on):
        return True, reasons.IN_FORCE.format(period=in_force, on=on)
    if contract.in_shadow(on):
        return False, reasons.ON_TRIAL.format(period=in_force, on=on, shadow=contract.shadow_from)
    early = on < contract.in_force_from
    return False, (reasons.NOT_YET if early else reasons.NO_LONGER).format(period=in_force, on=on)


def _belongs(case: _Case) -> tuple[bool, Text]:
    on = judged_on(case.change, case.on)
    yesterday = on - timedelta(days=1)
    reason = reasons.MEMBERSHIP.format(
        population=described(case.contract.population), yesterday=yesterday, on=on,
        was=_membership(why_outside(case.change.before, case.contract, yesterday)),
        now=_membership(why_outside(case.change.after, case.contract, on)),
    )  # fmt: skip
    return case.state is not None, reason


def _membership(why: Text | None) -> Text:
    return reasons.INSIDE if why is None else reasons.OUTSIDE.format(why=why)


def _hears(case: _Case) -> tuple[bool, Text]:
    holds = case.state is not None and hears(case.facts, case.contract, case.state)
    if case.change.to is not None and case.contract.id not in case.change.to:
        return False, reasons.FOR_OTHERS.format(kind=case.kind)
    if case.change.transfer is not None and case.contract.via not in DEPARTMENTAL:
        return False, reasons.FOR_DEPARTMENTS
    if case.change.kind in case.contract.hears:
        return holds, reasons.HEARD.format(kind=case.kind)
    return holds, (reasons.WAIVED if holds else reasons.NOT_HEARD).format(kind=case.kind)


def _differs(case: _Case) -> tuple[bool, Text]:
    if case.state != "inside":
        return True, reasons.NOT_OF_INSIDE
    if not differs(case.facts, case.contract, case.permitted):
        return False, reasons.NOTHING_DIFFERS
    if case.change.kind in case.contract.always:
        return True, reasons.ALWAYS.format(kind=case.kind)
    return True, reasons.DIFFERS.format(items=case.names(case.permitted))


def _unprotected(case: _Case) -> tuple[bool, Text]:
    if case.contract.protected != "withhold":
        return True, reasons.DELIVERS if case.contract.protected == "deliver" else reasons.SUSPENDS
    record = subject(case.change)
    if not is_protected(record):
        return True, reasons.NOT_PROTECTED
    return False, reasons.WITHHELD if record.get("protected") else reasons.MAYBE_WITHHELD


def _disclosed(case: _Case) -> tuple[bool, Text]:
    if case.state == "left":
        return True, reasons.IDENTIFIER_ALONE.format(identifier=item_name(case.book, case.contract.identifier))
    if (transfer := case.change.transfer) is not None:
        count = len(chosen(transfer, case.contract, case.permitted))
        return True, reasons.TRANSFERRED.format(order=transfer.order, count=count)
    return True, reasons.DISCLOSED.format(count=len(case.permitted))


_RULES: Final[tuple[tuple[str, Callable[[_Case], tuple[bool, Text]]], ...]] = (
    ("not-in-force", _in_force), ("outside", _belongs), ("not-heard", _hears), ("nothing-changed", _differs),
    ("protected", _unprotected), ("disclosed", _disclosed),
)  # fmt: skip
