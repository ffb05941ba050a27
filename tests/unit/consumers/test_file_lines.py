"""What a line of a file promises: every item has its columns, every value comes back as it was told, nothing runs."""

import csv
import io
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.disclosure import Disclosure
from consumers.files.lines import header, line
from consumers.files.outside import LISTED, Report
from contracts.columns import ALWAYS, Columns, Unfit, names_of, of_item, texts, values
from contracts.law import items
from contracts.record import Record
from tests.store import subscriber

WITHHELD, cell = subscriber.WITHHELD, subscriber.cell
ADDRESS = {"municipality_code": "992011", "town": "見本町", "number": "1番", "building": None, "postal_code": "0000000"}


def said(state: str = "inside", protected: bool | None = None, **told: Any) -> Disclosure:
    return Disclosure(UUID(int=7), "tax", 9, state, told, protected, recorded_at="2026-04-01T00:00:00+09:00")


def read(disclosure: Disclosure, *columns: str) -> dict[str, Any]:
    """The line as a subscriber has it: any reader of RFC 4180, and one rule for cells."""
    table = Columns(columns)
    text = (header(table) + line(disclosure, table)[0]).decode()
    names, told = csv.reader(io.StringIO(text, newline=""), strict=True)
    return dict(zip(names, map(cell, told), strict=True))


def test_every_item_of_the_law_has_columns_of_its_own() -> None:
    assert {*items()} == {*Record.__annotations__} - {"protected"}
    names = [name for item in items() for name in of_item(item)]
    assert len(names) == len({*names})


@pytest.mark.parametrize("item", [*items()])
def test_what_the_register_has_nothing_for_is_empty_in_every_column(item: str) -> None:
    assert values(item, None) == [None] * len(of_item(item))


@pytest.mark.parametrize(("item", "value", "expected"), [
    ("birth_date", "1990-04-01", {"birth_date": "1990-04-01", "birth_date.text": None}),
    ("birth_date", {"year": 1950, "month": None, "day": None, "text": "昭和25年月日不詳"},
     {"birth_date": "1950-XX-XX", "birth_date.text": "昭和25年月日不詳"}),
    ("birth_date", {"year": None, "month": 4, "day": 1}, {"birth_date": "XXXX-04-01", "birth_date.text": None}),
    ("is_household_head", False, {"is_household_head": "false"}),
    ("dv_protection", {"category": "DV", "starts_on": "2026-04-01", "ends_on": None},
     {"dv_protection.category": "DV", "dv_protection.starts_on": "2026-04-01", "dv_protection.starts_on.text": None,
      "dv_protection.ends_on": None, "dv_protection.ends_on.text": None}),
    ("alias_history", [{"to": "見本", "from": None}], {"alias_history": '[{"from":null,"to":"見本"}]'}),
])  # fmt: skip
def test_a_value_stands_in_the_columns_of_its_kind(item: str, value: Any, expected: dict[str, Any]) -> None:
    found = read(said(**{item: value}), item)
    assert {name: found[name] for name in of_item(item)} == expected


def test_parts_come_in_the_order_of_the_form_whatever_order_they_were_told_in() -> None:
    found = read(said(address=dict(reversed(ADDRESS.items()))), "address")
    assert [name for name in found if name.startswith("address.")] == [
        f"address.{part}"
        for part in ("municipality_code", "town", "machiaza_id", "number", "building", "postal_code", "text")
    ]
    assert (found["address.town"], found["address.building"]) == ("見本町", None)


def test_empty_withheld_and_a_text_without_characters_are_three_things() -> None:
    found = read(said(name=None, sex=""), "name", "sex", "nationality")
    assert (found["name"], found["sex"], found["nationality"]) == (None, "", WITHHELD)


def test_of_somebody_who_has_left_only_the_identifier_is_told() -> None:
    found = read(said("left", atena_no="1"), "atena_no", "name", "address", "dv_protection")
    told = {name: value for name, value in found.items() if value is not WITHHELD}
    assert [*told] == ["disclosure", "version", "recorded_at", "state", "transfer", "atena_no"]


def test_a_transfer_names_its_order_and_withholds_what_that_did_not_name() -> None:
    told = Disclosure(UUID(int=7), "tax", 9, "entered", {"name": "見本"}, transfer=UUID(int=8))
    found = read(told, "name", "sex")
    assert (found["transfer"], found["name"], found["sex"]) == (str(UUID(int=8)), "見本", WITHHELD)
    assert read(said(name="見本"), "name")["transfer"] is None


@pytest.mark.parametrize(("protected", "expected"), [(True, "true"), (False, "false"), (None, WITHHELD)])
def test_a_contract_that_may_know_of_a_protection_is_told_in_every_line(protected: bool | None, expected: Any) -> None:
    assert read(said(protected=protected), "dv_protection")["protected"] == expected


def test_what_is_digested_by_columns_is_what_a_reader_has() -> None:
    told = {"name": "=見本", "birth_date": {"year": 1950, "text": "昭和25年"}, "is_household_head": True,
            "address": None, "dv_protection": {"category": "DV", "starts_on": "2026-04-01"}}  # fmt: skip
    cells, held = read(said(protected=True, **told), *told), {**told, "protected": True}
    assert {name: cells[name] for name in names_of(held)} == texts(held)
    assert cells.keys() - {*names_of(held)} == {*ALWAYS}


def test_a_contract_that_may_not_know_of_a_protection_has_no_such_column() -> None:
    assert "protected" not in read(said(protected=True, name="見本"), "name")


def test_what_the_contract_may_not_have_any_more_is_left_out() -> None:
    assert "my_number" not in str(read(said(name="見本", my_number="009"), "name"))


@pytest.mark.parametrize("value", ["=1+1", "+81", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "\\W", "\\E", "\\"])
def test_nothing_begins_as_a_formula_or_as_a_mark_of_ours(value: str) -> None:
    content, _ = line(said(name=value), Columns(("name",)))
    assert content.endswith(f',"\\{value}"\r\n'.encode())
    assert read(said(name=value), "name")["name"] == value


@settings(deadline=None, max_examples=60)
@given(st.text())
def test_any_text_comes_back_as_it_was_told(text: str) -> None:
    encodable = text.encode("utf-8", "ignore").decode()
    assert read(said(name=encodable), "name")["name"] == encodable


@pytest.mark.parametrize(("item", "value"), [
    ("address", "見本町"), ("address", {"planet": "火星"}), ("birth_date", {"era": "昭和"}),
    ("birth_date", {"year": "50"}), ("name", ["見本"]), ("address", {"town": {"a": 1}}),
])  # fmt: skip
def test_a_value_without_a_place_is_refused_and_not_cut_down(item: str, value: Any) -> None:
    with pytest.raises(Unfit):
        values(item, value)


@pytest.mark.trap("input-06")
def test_the_report_names_places_and_counts_and_no_character() -> None:
    report = Report()
    report.add({"name": "髙見本", "address.town": "見本町"})
    report.add({"name": "見𠮷葛\U000e0100髙", "address.town": "見本町"})
    assert report.document() == {
        "set": "JIS X 0213", "counts": {"name": 4}, "unlisted": 0,
        "places": [{"line": 1, "column": "name", "at": [1]}, {"line": 2, "column": "name", "at": [2, 3, 4]}],
    }  # fmt: skip


def test_so_many_places_are_listed_and_what_is_left_out_is_counted() -> None:
    report = Report()
    for length in (LISTED - 1, 2, 1):
        report.add({"name": "𠮷" * length})
    found = report.document()
    assert (found["counts"], found["unlisted"]) == ({"name": LISTED + 2}, 1)
    assert [(one["line"], len(one["at"])) for one in found["places"]] == [(1, LISTED - 1), (3, 1)]
