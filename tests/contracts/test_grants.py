"""A conditional item is told from the first day of its grant to the last, and on no other."""

from datetime import date
from pathlib import Path

import pytest

from contracts.book import load
from contracts.contract import Approval, Contract, Grant
from contracts.folder import SHIPPED
from contracts.law import items
from tests.contracts.agreed import agreed, outcome, told
from tests.contracts.books import edited, write
from tests.contracts.faulty import granted
from tests.people import change, record

APPROVED = Approval("総務部法務", date(2026, 5, 20), "第9号")
FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)
LIMITED = agreed(conditional=("nationality",), granted=(Grant("nationality", APPROVED, FIRST, LAST),))
DAYS = [
    (date(2026, 4, 1), False), (date(2026, 5, 31), False), (FIRST, True), (date(2026, 6, 15), True), (LAST, True),
    (date(2026, 7, 1), False), (date(2099, 1, 1), False),
]  # fmt: skip


@pytest.mark.parametrize(("on", "told_of"), DAYS)
def test_a_conditional_item_is_permitted_on_the_days_of_its_grant_inclusive(on: date, told_of: bool) -> None:
    assert LIMITED.permitted(on) == (*LIMITED.items, *(["nationality"] if told_of else []))


@pytest.mark.trap("input-22")
@pytest.mark.parametrize(("on", "told_of"), DAYS)
def test_it_is_told_on_these_days_and_is_absent_on_others(on: date, told_of: bool) -> None:
    moved_in = change("MOVE_IN_DOMESTIC", None, record(nationality="KOR"))
    assert told(moved_in, LIMITED, on).items.get("nationality", "absent") == ("KOR" if told_of else "absent")


@pytest.mark.parametrize(("on", "told_of"), DAYS)
def test_outside_these_days_not_even_its_change_is_noticed(on: date, told_of: bool) -> None:
    corrected = change("RELOCATE", record(nationality="KOR"), record(nationality="PHL"))
    assert outcome(corrected, LIMITED, on) == ("inside" if told_of else "nothing-changed")


def test_a_grant_without_a_last_day_holds_for_good() -> None:
    contract = agreed(conditional=("nationality",), granted=(Grant("nationality", APPROVED, FIRST),))
    assert "nationality" in contract.permitted(date(2199, 12, 31))


def test_a_grant_does_not_outlive_its_contract() -> None:
    contract = agreed(granted=(Grant("nationality", APPROVED, FIRST),), in_force_until=LAST)
    assert outcome(change("DEATH", record(), None), contract, date(2026, 7, 1)) == "not-in-force"


def test_each_grant_has_its_own_days() -> None:
    contract = agreed(granted=(Grant("sex", APPROVED, FIRST, FIRST), Grant("nationality", APPROVED, LAST, LAST)))
    assert [contract.permitted(day)[4:] for day in (FIRST, date(2026, 6, 2), LAST)] == [("sex",), (), ("nationality",)]


def shipped(folder: Path, name: str, grant: str) -> Contract:
    """The shipped contract `name` with one grant, through the whole of `load`."""
    text = (SHIPPED / "subscribers" / f"{name}.toml").read_text(encoding="utf-8")
    return load(write(folder, edited(text, (("granted = []", grant),)), name)).contracts[name]


def test_a_grant_begins_on_the_day_of_its_approval_where_no_other_is_written(tmp_path: Path) -> None:
    contract = shipped(tmp_path, "child-policy", granted(on="2026-06-01"))
    assert [grant.since for grant in contract.granted] == [date(2026, 6, 1)]


GRANTABLE = [(name, item) for name, contract in load().contracts.items() for item in contract.conditional]


@pytest.mark.parametrize(("name", "item"), GRANTABLE)
def test_every_conditional_item_of_the_shipped_contracts_can_be_granted_for_a_time(
    tmp_path: Path, name: str, item: str
) -> None:
    grant = granted(item=f'"{items()[item].ja}"', on="2026-05-20", until="2026-06-30", **{"from": "2026-06-01"})
    contract = shipped(tmp_path, name, grant)
    days = (date(2026, 5, 31), FIRST, LAST, date(2026, 7, 1))
    assert [item in contract.permitted(day) for day in days] == [False, True, True, False]


def test_the_disaster_section_is_told_the_my_number_while_it_is_granted(tmp_path: Path) -> None:
    grant = granted(item='"個人番号"', on="2026-05-20", until="2026-06-30", **{"from": "2026-06-01"})
    contract = shipped(tmp_path, "disaster-prevention", grant)
    moved_in = change("MOVE_IN_DOMESTIC", None, record())
    for on, expected in ((date(2026, 5, 31), None), (FIRST, record()["my_number"]), (LAST, record()["my_number"])):
        assert told(moved_in, contract, on).items.get("my_number") == expected
