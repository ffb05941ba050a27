"""What a copy may hold is what a first load tells, without what is of the telling itself; of nobody else anything."""

from datetime import date
from typing import Any

import pytest

from contracts.book import load
from contracts.decide import Disclosure, decide
from contracts.kept import FLAG, OF_THE_CHANGE, kept
from contracts.law import items
from tests.contracts.agreed import agreed
from tests.people import change, record

BOOK = load()
MIRRORS = [name for name, one in BOOK.contracts.items() if one.mirror]
ON = date(2026, 4, 2)
PEOPLE: dict[str, dict[str, Any]] = {
    "somebody": {}, "a child": {"birth_date": "2015-01-01"}, "a foreign resident": {"nationality": "見本国"},
    "of unknown age": {"birth_date": {"year": None, "month": None, "day": None, "text": "不詳"}},
    "protected": {"protected": True, "dv_protection": {"category": "DV", "starts_on": "2026-04-01", "ends_on": None}},
    "perhaps protected": {"protected": None},
}  # fmt: skip


@pytest.mark.parametrize("name", MIRRORS)
@pytest.mark.parametrize("who", PEOPLE)
def test_a_copy_holds_what_a_first_load_tells_and_is_not_of_the_telling(name: str, who: str) -> None:
    contract = BOOK.contracts[name]
    person = {key: value for key, value in record(**PEOPLE[who]).items() if value is not None or key != "protected"}
    told = decide(change("SNAPSHOT", None, person), contract, ON)
    held = kept(person, contract, ON)
    if not isinstance(told, Disclosure):
        assert held is None
        return
    assert held is not None
    flag = held.pop(FLAG, None)
    assert held == {item: value for item, value in told.items.items() if item not in OF_THE_CHANGE}
    assert flag == (None if contract.protected == "suspend" else told.protected)


def test_what_is_of_the_change_is_what_the_law_derives_from_it_alone() -> None:
    derived = {name for name, item in items().items() if set(item.derived_from) == {"change"}}
    assert derived == OF_THE_CHANGE


def test_of_a_protected_person_a_contract_that_withholds_keeps_nothing() -> None:
    contract = agreed(protected="withhold", mirror=True)
    assert (kept(record(protected=True), contract, ON), kept(record(), contract, ON) is not None) == (None, True)


def test_before_it_is_in_force_nothing_is_kept() -> None:
    assert kept(record(), agreed(in_force_from=date(2026, 4, 3)), ON) is None
