"""Whatever comes to the door is a Change or a refusal with a closed code. Ages and hashes have second opinions."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from contracts.canonical import canonical
from contracts.change import Change, parse
from contracts.dates import age, is_date, last_day
from contracts.errors import ChangeRefused
from contracts.identifiers import municipality_check, municipality_code_fault, my_number_check, my_number_fault
from tests.people import line, record
from tests.properties.made_up import DAYS, ITEMS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ("id", "resident", "version", "kind", "effective_on", "notified_on", "recorded_at", "before", "cancels", "to")
CODE = re.compile(r"[a-z]+(-[a-z]+)*")
PLACE = re.compile(r"([a-z_0-9]+(\.[a-z_0-9]+)*)?")


def answer(given_line: bytes) -> Change | ChangeRefused:
    """The Change, or a refusal of which code and place are closed."""
    try:
        return parse(given_line)
    except ChangeRefused as objection:
        refused = objection
    assert CODE.fullmatch(refused.code)
    assert PLACE.fullmatch(refused.place)
    return refused


@pytest.mark.trap("input-08", "V4")
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_closed_code(data: bytes) -> None:
    assert isinstance(answer(data), ChangeRefused)


@given(st.sampled_from([*ITEMS, "protected"]), JSON)
def test_any_value_of_an_item_is_let_in_as_it_is_or_refused(item: str, value: Any) -> None:
    read = answer(line("MOVE_IN_DOMESTIC", None, record() | {item: value}))
    if isinstance(read, Change):
        assert read.after is not None
        assert read.after[item] == value
        assert type(read.after[item]) is type(value)


@given(st.sampled_from(FIELDS), JSON)
def test_any_value_of_a_field_is_let_in_or_refused(field: str, value: Any) -> None:
    fields = json.loads(line("RELOCATE", record(), record())) | {field: value}
    answer(json.dumps(fields).encode())


@given(st.sampled_from(("before", "after")), st.sampled_from([*ITEMS, "protected"]), JSON)
def test_however_a_line_is_spelled_it_is_the_same_change_or_the_same_refusal(where: str, item: str, value: Any) -> None:
    fields = json.loads(line("RELOCATE", record(), record(name="別名")))
    fields[where][item] = value
    plain = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    assert said(answer(plain.encode())) == said(answer(json.dumps(fields, indent=1).encode()))


@pytest.mark.parametrize("twice", ['"name":"別名",', '"protected":false,', '"address":null,'])
def test_a_key_that_is_there_twice_is_refused_in_a_plain_line_as_well(twice: str) -> None:
    fields = json.loads(line("RELOCATE", record(), record(name="別名")))
    plain = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    for place in ('"before":{', '"after":{'):
        assert said(answer(plain.replace(place, place + twice).encode())) == ("duplicate-key", "")


def said(one: Change | ChangeRefused) -> Any:
    """All that is compared of an answer."""
    return (one, one.altered) if isinstance(one, Change) else (one.code, one.place)


@given(st.integers(0), st.binary(min_size=1, max_size=3))
def test_a_line_with_damaged_bytes_is_let_in_or_refused(at: int, damage: bytes) -> None:
    whole = line("RELOCATE", record(), record())
    at %= len(whole)
    answer(whole[:at] + damage + whole[at + len(damage) :])


def attained(born: date, years: int) -> date:
    """The day before the birthday, counted with a calendar in hand; 29 February is 1 March in a common year."""
    year = born.year + years
    leap = (born.month, born.day) != (2, 29) or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    birthday = date(year, born.month, born.day) if leap else date(year, 3, 1)
    return birthday - timedelta(days=1)


@given(DAYS, st.integers(0, 120), st.integers(-2, 2))
def test_an_age_is_attained_on_the_day_before_the_birthday(born: date, years: int, shift: int) -> None:
    on = attained(born, years) + timedelta(days=shift)
    expected = years if shift >= 0 else years - 1
    assert age(born.isoformat(), on) == expected


@given(DAYS, DAYS)
def test_an_incomplete_birth_date_never_makes_anybody_older(born: date, on: date) -> None:
    whole = age(born.isoformat(), on)
    without_day = age({"year": born.year, "month": born.month, "day": None}, on)
    without_month = age({"year": born.year, "month": None, "day": None}, on)
    assert whole is not None
    assert without_day is not None
    assert without_month is not None
    assert without_month <= without_day <= whole


@pytest.mark.trap("input-07")
@given(JSON)
def test_a_value_with_the_form_of_a_date_has_a_last_day_or_no_year(value: Any) -> None:
    if is_date(value):
        assert last_day(value) is not None or (isinstance(value, dict) and value.get("year") is None)


@pytest.mark.trap("input-04")
@given(st.integers(0, 10**11 - 1), st.integers(0, 9))
def test_one_check_digit_fits_a_my_number(eleven: int, digit: int) -> None:
    text = f"{eleven:011d}"
    fault = my_number_fault(text + str(digit))
    assert fault in {None, "all-same-digits"} if str(digit) == my_number_check(text) else fault is not None


@given(st.integers(0, 99999), st.integers(0, 9))
def test_one_check_digit_fits_a_municipality_code(five: int, digit: int) -> None:
    text = f"{five:05d}"
    assert (municipality_code_fault(text + str(digit)) is None) is (str(digit) == municipality_check(text))


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SAFE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


@given(SAFE)
def test_the_canonical_form_agrees_with_a_second_opinion(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)
