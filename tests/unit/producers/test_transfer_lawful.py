"""Whether an order for a 随時移転 is lawful: rule by rule; and what runs later is never more than was asked for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts import book
from contracts.book import Book
from contracts.contract import Approval, Grant
from hub.acts import End
from hub.errors import UsageError
from hub.transfers import Order, Wish
from producers.transfer import lawful
from producers.transfer.choosing import Choice

BOOK = book.load()
TAX = BOOK.contracts["tax"]
ON = date(2026, 4, 2)
ORDINANCE = "庁内連携条例"
WISH = Wish("tax", ("氏名", "address"), (ORDINANCE,), "還付の通知", ON + timedelta(days=7), "persons")


def agreed(**changed: Any) -> Book:
    """The shipped Book with another 税."""
    return replace(BOOK, contracts={**BOOK.contracts, "tax": replace(TAX, **changed)})


def asked(given: Book = BOOK, **changed: Any) -> tuple[str, ...]:
    wish = replace(WISH, **changed)
    return lawful.asked(given, lawful.contract_of(given, wish.contract, ON), wish, ON)


def test_items_are_named_by_the_law_or_by_id_and_the_identifier_goes_with_them() -> None:
    assert asked() == ("atena_no", "name", "address")
    assert asked(items=("宛名番号",)) == ("atena_no",)


REFUSED: Mapping[str, dict[str, Any]] = {
    "unknown-contract": {"contract": "nobody"},
    "not-departmental": {"contract": "convenience-store"},
    "basis-not-cited": {"basis": (ORDINANCE, "番号法9条1項別表81")},
    "unknown-item": {"items": ("氏名", "星座")},
    "item-not-permitted": {"items": ("氏名", "住民票コード")},
    "item-without-basis": {"items": ("氏名", "個人番号")},
    "until-is-over": {"until": ON - timedelta(days=1)},
    "until-too-far": {"until": ON + timedelta(days=32)},
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_not_lawful_is_refused_by_its_code(code: str) -> None:
    with pytest.raises(UsageError) as refused:
        asked(**REFUSED[code])
    assert (refused.value.code, refused.value.remedy != "" or code == "unknown-contract") == (code, True)
    assert "星座" not in str(refused.value), "what is no item is not repeated"


@pytest.mark.parametrize(("code", "changed"), [
    ("not-in-force", {"in_force_from": ON + timedelta(days=1)}),
    ("not-in-force", {"in_force_until": ON - timedelta(days=1)}),
    ("no-mirror", {"hears": TAX.hears - {"SNAPSHOT"}}),
    ("not-departmental", {"via": "prefecture"}),
])  # fmt: skip
def test_a_contract_that_may_be_told_nothing_of_the_kind_has_no_order(code: str, changed: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=code):
        asked(agreed(**changed))


def test_no_basis_and_no_item_are_none() -> None:
    for nothing, code in (({"basis": ()}, "basis-not-cited"), ({"items": ()}, "unknown-item")):
        with pytest.raises(UsageError, match=code):
            asked(**nothing)


def test_a_basis_that_is_over_permits_nothing() -> None:
    over = replace(BOOK.bases[ORDINANCE], in_force_until=ON - timedelta(days=1))
    with pytest.raises(UsageError, match="basis-not-in-force"):
        asked(replace(BOOK, bases={**BOOK.bases, ORDINANCE: over}))


def test_an_item_needs_a_basis_of_the_order_itself_and_not_only_one_of_the_contract() -> None:
    assert asked(items=("my_number",), basis=("番号法9条1項別表24",)) == ("atena_no", "my_number")
    with pytest.raises(UsageError, match="dv_protection: item-without-basis"):
        asked(items=("name", "dv_protection"))
    both = asked(items=("name", "dv_protection"), basis=(ORDINANCE, "住民基本台帳事務処理要領第5-10"))
    assert both == ("atena_no", "name", "dv_protection")


@pytest.mark.parametrize("days", [0, 31])
def test_the_first_and_the_last_day_that_an_order_may_have(days: int) -> None:
    assert asked(until=ON + timedelta(days=days))


def test_a_granted_item_may_be_asked_for_while_its_grant_is_in_force() -> None:
    child = BOOK.contracts["child-policy"]
    grant = Grant("nationality", Approval("総務部法務", ON, "第1号"), ON, ON)
    given = replace(BOOK, contracts={"child-policy": replace(child, granted=(grant,))})
    wish = replace(WISH, contract="child-policy", items=("国籍等",), basis=("庁内連携条例・子ども",))
    contract = lawful.contract_of(given, "child-policy", ON)
    assert lawful.asked(given, contract, wish, ON) == ("atena_no", "nationality")
    later = replace(wish, items=("atena_no", "nationality"))
    with pytest.raises(UsageError, match="nothing-left"):
        lawful.runs(given, later, ON + timedelta(days=1))


def test_what_runs_is_what_was_asked_for_less_what_is_no_longer_permitted() -> None:
    wish = replace(WISH, items=("atena_no", "name", "address"))
    assert lawful.runs(BOOK, wish, ON)[1] == wish.items
    less = agreed(items=tuple(item for item in TAX.items if item != "address"))
    assert lawful.runs(less, wish, ON)[1] == ("atena_no", "name")
    more = agreed(items=(*TAX.items, "honseki"))
    assert lawful.runs(more, wish, ON)[1] == wish.items
    bare = agreed(items=("atena_no",))
    assert lawful.runs(bare, replace(wish, items=("atena_no",)), ON)[1] == ("atena_no",)
    for given, code in ((bare, "nothing-left"), (agreed(in_force_until=ON - timedelta(days=1)), "not-in-force"),
                        (agreed(basis=("番号法9条1項別表24",)), "basis-not-cited")):  # fmt: skip
        with pytest.raises(UsageError, match=code):
            lawful.runs(given, wish, ON)


NOW = datetime.fromisoformat("2026-04-02T10:15:00+09:00")
DAY = timedelta(days=1)


@pytest.mark.parametrize(("changed", "later", "expected"), [
    ({}, 0, "waiting"), ({}, 1, "void"), ({"retired": True}, 0, "void"),
    ({"approved_by": "kato"}, 3, "approved"), ({"approved_by": "kato"}, 7, "approved"),
    ({"approved_by": "kato", "retired": True}, 3, "approved"),
    ({"approved_by": "kato"}, 8, "expired"), ({"approved_by": "kato", "ended": End("transferred", 3)}, 9, "done"),
])  # fmt: skip
def test_how_an_order_stands(changed: dict[str, Any], later: int, expected: str) -> None:
    order = Order(UUID(int=1), WISH, 3, "ito", NOW, NOW + DAY, **changed)
    assert order.state(NOW + later * DAY) == expected


def test_an_order_whose_last_day_is_over_cannot_be_approved() -> None:
    order = Order(UUID(int=1), replace(WISH, until=ON), 3, "ito", NOW, NOW + DAY)
    midnight = datetime.fromisoformat("2026-04-03T00:00:00+09:00")
    assert [order.state(at) for at in (midnight - timedelta(seconds=1), midnight)] == ["waiting", "void"]


@pytest.mark.parametrize("choice", [
    {}, {"persons": (), "everybody": True}, {"persons": (b"1",), "born_from": ON},
    {"born_until": ON, "everybody": True},
])  # fmt: skip
def test_whom_it_is_about_is_said_in_one_way(choice: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="name-persons-births-or-all"):
        Choice(**choice)


@pytest.mark.parametrize(("birth", "expected"), [
    ("2020-04-02", True), ("2021-04-01", True), ("2020-04-01", False), ("2021-04-02", False), (None, False),
    ({"year": 2020, "month": None, "day": None}, True), ({"year": 2021, "month": None, "day": None}, False),
    ({"year": None, "month": 5, "day": 1}, False),
])  # fmt: skip
def test_who_is_chosen_by_birth(birth: Any, expected: bool) -> None:
    choice = Choice(born_from=date(2020, 4, 2), born_until=date(2021, 4, 1))
    assert choice.includes({"birth_date": birth}) is expected
    assert choice.in_words() == "born 2020-04-02..2021-04-01"


def test_a_choice_of_persons_does_not_show_them() -> None:
    choice = Choice(persons=(b"000000000000013",))
    assert ("13" in repr(choice), choice.in_words()) == (False, "persons")
