"""Whatever happens and whatever is agreed: an explanation agrees with the decision, and tells no value of a record."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from contracts.book import load
from contracts.change import Change
from contracts.contract import Approval, Contract, Grant
from contracts.dates import age
from contracts.decide import Disclosure, belongs, decide, judge
from contracts.errors import Language
from contracts.explain import Explanation, explain
from contracts.reasons import OUTCOMES, why_outside
from hub.cli.explained import document, sections
from hub.cli.sections import lines
from tests.people import change, my_number
from tests.properties.made_up import ITEMS, changes
from tests.properties.made_up import contracts as plain_contracts

BOOK = load()
Case = tuple[Change, Contract, date]
LANGUAGES: tuple[Language, ...] = ("ja", "en")
MARK = "\ue0aa"
"""Stands in every marked text and nowhere else."""


NEAR = st.dates(date(2026, 3, 20), date(2026, 4, 20))
_PERIODS = st.just((date(1900, 1, 1), None, None)) | st.tuples(NEAR, st.none() | NEAR, st.none() | NEAR)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Any contract, with an end, a trial and grants of its own around one day, and often with few items."""
    contract = draw(plain_contracts())
    told = contract.items if draw(st.booleans()) else contract.items[:2]
    others = [item for item in ITEMS if item not in told]
    off = draw(st.lists(st.sampled_from(others), unique=True, max_size=3)) if others else []
    granted = tuple(
        Grant(item, Approval("総務部法務", date(1900, 1, 1), "第1号"), draw(NEAR), draw(st.none() | NEAR))
        for item in off if draw(st.booleans())
    )  # fmt: skip
    since, until, shadow = draw(_PERIODS)
    return replace(
        contract, items=told, identifier=told[0], conditional=tuple(off), granted=granted, in_force_from=since,
        in_force_until=until, shadow_from=shadow, population=draw(st.none() | st.just(contract.population)),
    )  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A change, a contract that often hears it, and a day; records often say whether the person is protected."""
    happened, contract = draw(changes()), draw(contracts())
    if draw(st.integers(0, 3)):
        contract = replace(contract, hears=contract.hears | {happened.kind})
    before, after = (said(each, draw(st.none() | st.booleans())) for each in (happened.before, happened.after))
    return replace(happened, before=before, after=after), contract, draw(NEAR)


def said(record: Any, protected: bool | None) -> Any:
    """The record, where there is one, in which this stands about 支援措置, if anything is to."""
    return record if record is None or protected is None else {**record, "protected": protected}


def test_the_cases_reach_every_outcome() -> None:
    missing = set(OUTCOMES)

    def reaches_the_last(case: Case) -> bool:
        decided = decide(*case)
        missing.discard(decided.state if isinstance(decided, Disclosure) else decided.reason)
        return not missing

    repeatable = settings(max_examples=3000, derandomize=True, database=None, phases=[Phase.generate])
    find(cases(), reaches_the_last, settings=repeatable)


@given(cases())
def test_the_outcome_is_that_of_the_decision(case: Case) -> None:
    happened, contract, on = case
    told, decided = explain(happened, contract, BOOK, on), decide(happened, contract, on)
    if isinstance(decided, Disclosure):
        assert told.outcome == told.state == decided.state
        assert {each.item: each.has_value for each in told.told} == {
            item: value is not None for item, value in decided.items.items()
        }
    else:
        assert (told.outcome, told.state, told.told) == (decided.reason, None, ())


@given(cases())
def test_the_first_rule_that_fails_ends_the_questions(case: Case) -> None:
    happened, contract, on = case
    told = explain(happened, contract, BOOK, on)
    answers = [rule.holds for rule in told.rules]
    failed = answers.index(False) if False in answers else 6
    assert answers == ([True] * failed + [False] + [None] * 5)[:6]
    assert (told.state is None) is (failed < 6)


@given(cases())
def test_a_trial_is_told_as_it_would_be(case: Case) -> None:
    happened, contract, on = case
    told, judged = explain(happened, contract, BOOK, on), judge(happened, contract, on)
    would = judged.state if isinstance(judged, Disclosure) else judged.reason
    assert told.trial == (would if contract.in_shadow(on) else None)


@given(cases())
def test_a_reason_to_be_outside_is_given_to_those_who_are(case: Case) -> None:
    happened, contract, on = case
    for each in (happened.before, happened.after):
        assert (why_outside(each, contract, on) is None) is belongs(each, contract, on)


@given(cases())
def test_what_is_withheld_differs_and_is_not_permitted(case: Case) -> None:
    happened, contract, on = case
    withheld = {each.item for each in explain(happened, contract, BOOK, on).withheld}
    before, after = happened.before or {}, happened.after or {}
    differ = {item for item in ITEMS if before.get(item) != after.get(item)} - {*contract.permitted(on)}
    assert withheld - {"is_japanese"} == differ
    assert withheld.isdisjoint(contract.permitted(on))


# No value


def told_of(explained: Explanation) -> str:
    """Everything that is ever shown of an explanation."""
    plain = [line for language in LANGUAGES for line in lines(list(sections(explained)), language)]
    return "\n".join([*plain, json.dumps(document(explained), ensure_ascii=False)])


_marked_texts = st.text("人口年戸籍0123456789", max_size=4).map(lambda text: f"{MARK}{text}")
_marked_dates = st.dates(date(1701, 1, 1), date(1799, 12, 31))
_dates = _marked_dates.map(date.isoformat) | _marked_dates.map(
    lambda day: {"year": day.year, "month": day.month, "day": None, "text": MARK}
)
_addresses = st.fixed_dictionaries({"text": _marked_texts, "town": _marked_texts, "number": _marked_texts})
_numbers = st.integers(10**9, 10**10 - 1)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "birth_date": _dates, "address_fixed_date": _dates, "resident_since": _dates, "notified_date": _dates,
    "foreign_resident_since": _dates, "residence_expiry": _dates, "address": _addresses,
    "previous_address": _addresses, "move_out_destination": _addresses, "sex": st.sampled_from("12"),
    "is_household_head": st.booleans(), "my_number": _numbers.map(my_number),
    "juminhyo_code": _numbers.map("{:011d}".format), "atena_no": _numbers.map(str), "household_no": _numbers.map(str),
    "togo_atena_no": _numbers.map(str),
    "alias_history": st.lists(st.fixed_dictionaries({"name": _marked_texts, "on": _dates}), max_size=2),
    "residence_status": st.fixed_dictionaries({"status": _marked_texts, "period": _marked_texts}),
    "dv_protection": st.fixed_dictionaries({"category": _marked_texts, "starts_on": _dates, "ends_on": _dates}),
    "seal_registration": st.fixed_dictionaries({"number": _marked_texts, "registered_on": _dates}),
}  # fmt: skip
_DERIVED = {"change_action", "change_reason", "change_date", "removal_date", "is_japanese"}
MARKED = st.fixed_dictionaries(
    {}, optional={"protected": st.none() | st.booleans()}
    | {item: _VALUES.get(item, _marked_texts) for item in ITEMS if item not in _DERIVED}
)  # fmt: skip


def leaves(value: Any) -> Iterator[Any]:
    """Every text and number inside `value`, however deep."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield value


def test_the_marks_reach_every_item_that_holds_a_value() -> None:
    assert set(_VALUES) < {*ITEMS} - _DERIVED


@given(cases(), MARKED, MARKED)
def test_no_value_of_a_record_is_ever_shown(case: Case, before: dict[str, Any], after: dict[str, Any]) -> None:
    happened, contract, on = case
    records = (None if happened.before is None else before, None if happened.after is None else after)
    shown = told_of(explain(change(happened.kind, *records), contract, BOOK, on))
    assert MARK not in shown
    for leaf in (leaf for each in records for leaf in leaves(each or {})):
        assert not is_shown(leaf, shown)
    for each in records:
        assert not is_shown(age((each or {}).get("birth_date"), on), shown)


def is_shown(value: Any, shown: str) -> bool:
    """Whether a value that is long enough to be recognised stands in `shown`, where a number is one of its own."""
    if isinstance(value, str):
        return len(value) > 4 and value in shown
    return value is not None and value > 99 and re.search(rf"(?<![0-9a-f]){value}(?![0-9a-f])", shown) is not None


def test_a_value_that_is_shown_would_be_found() -> None:
    shown = "a 1234567890 1750年 満250歳"
    assert all(is_shown(value, shown) for value in ("1234567890", 1750, 250))
    assert not is_shown(250, "ab250cd 2501 1250")


SWAPPED: dict[str, dict[Any, Any]] = {"sex": {"1": "2", "2": "1"}, "is_household_head": {True: False, False: True}}


@given(cases())
def test_where_there_are_two_values_it_is_not_shown_which(case: Case) -> None:
    happened, contract, on = case
    def swapped(each: Any) -> Any:
        if each is None:
            return None
        return each | {item: to[each[item]] for item, to in SWAPPED.items() if each.get(item) is not None}

    other = replace(happened, before=swapped(happened.before), after=swapped(happened.after))
    assert told_of(explain(other, contract, BOOK, on)) == told_of(explain(happened, contract, BOOK, on))
