"""Two Books side by side: no field is overlooked, and it is judged rightly who may know more and who less."""

from dataclasses import fields, replace
from datetime import date
from types import MappingProxyType
from typing import Any

import pytest

from contracts.book import Book, load
from contracts.compare import FIELDS, WITHIN, Comparison, Difference, compare
from contracts.contract import Approval, Contract, Grant, Population
from contracts.kinds import Kind
from contracts.law import Basis, Item
from tests.contracts.agreed import agreed

LAW = load()
APPROVED = Approval("総務部法務", date(2026, 5, 1), "第9号")
FIRST = date(2026, 4, 1)


def book(*contracts: Contract, **law: Any) -> Book:
    """The shipped law with `contracts` alone, and what is changed in the law."""
    whole = replace(LAW, contracts=MappingProxyType({each.id: each for each in contracts}), **law)
    return Book.of(whole.document())


def grant(item: str = "honseki", since: date = date(2026, 6, 1), until: date | None = None) -> Grant:
    return Grant(item, APPROVED, since, until)


def between(old: Contract, new: Contract) -> Comparison:
    return compare(book(old), book(new))


def difference(old: Contract, new: Contract) -> Difference:
    (change,) = between(old, new).contracts
    (found,) = change.differences
    return found


BASE = agreed(
    population=Population(20, 60), protected="suspend", always=frozenset({"DEATH"}),
    conditional=("honseki", "former_surname"), in_force_until=date(2027, 3, 31), shadow_from=date(2026, 3, 1),
    granted=(grant(),), basis=("庁内連携条例", "番号法9条1項別表81"),
)  # fmt: skip

CHANGED: dict[str, list[tuple[Any, str]]] = {
    "id": [("other", "")],
    "subscriber": [("別の課", "both")],
    "purpose": [("別の目的", "unchanged")],
    "basis": [(("庁内連携条例",), "unchanged"), (("番号法9条1項別表81", "庁内連携条例"), "unchanged")],
    "hears": [
        (BASE.hears | {"BIRTH"}, "gains"), (BASE.hears - {"DEATH"}, "loses"),
        (BASE.hears - {"DEATH"} | {"BIRTH"}, "both"),
    ],
    "items": [
        ((*BASE.items, "sex"), "gains"), (BASE.items[:-1], "loses"), ((*BASE.items[:-1], "sex"), "both"),
        (BASE.items[::-1], "unchanged"),
    ],
    "identifier": [("name", "unchanged")],
    "protected": [("deliver", "gains"), ("withhold", "loses")],
    "via": [("csv", "unchanged")],
    "in_force_from": [(date(2026, 3, 31), "gains"), (date(2026, 4, 2), "loses")],
    "approved": [(APPROVED, "unchanged")],
    "always": [(frozenset({"DEATH", "RELOCATE"}), "gains"), (frozenset(), "loses"), (frozenset({"RELOCATE"}), "both")],
    "granted": [
        ((), "loses"), ((grant(), grant("former_surname")), "gains"), ((grant("former_surname"),), "both"),
        ((grant(since=date(2026, 5, 1)),), "gains"), ((grant(until=date(2026, 7, 1)),), "loses"),
        ((replace(grant(), approved=replace(APPROVED, ref="第10号")),), "unchanged"),
        ((grant(), grant("former_surname", until=date(2026, 5, 1))), "unchanged"),  # ends before it begins
    ],
    "conditional": [(("honseki",), "unchanged"), (("former_surname", "honseki"), "unchanged")],
    "population": [
        (None, "gains"), (Population(20), "gains"), (Population(19, 60), "gains"), (Population(20, 61), "gains"),
        (Population(21, 60), "loses"), (Population(20, 59), "loses"), (Population(20, 60, japanese=True), "loses"),
        (Population(30, 70), "both"), (Population(61, 70), "both"),
    ],
    "mirror": [(True, "unchanged")],
    "in_force_until": [(None, "gains"), (date(2027, 4, 1), "gains"), (date(2027, 3, 30), "loses")],
    "shadow_from": [(None, "unchanged"), (date(2026, 2, 1), "unchanged")],
}  # fmt: skip
"""Other values of each field, with what the change does to what may be known."""
CASES = [(field, value, effect) for field, values in CHANGED.items() for value, effect in values]


def test_every_field_of_a_contract_has_its_cases_and_its_judgement() -> None:
    own = {each.name for each in fields(Contract)} - {"hash"}
    assert set(CHANGED) == set(WITHIN) == set(FIELDS) == own


@pytest.mark.parametrize(("field", "value", "effect"), [case for case in CASES if case[0] != "id"])
def test_a_change_of_one_field_is_seen_and_judged(field: str, value: Any, effect: str) -> None:
    (change,) = between(BASE, replace(BASE, **{field: value})).contracts
    (found,) = change.differences
    assert (found.field, found.before, found.after) == (field, getattr(BASE, field), value)
    assert (change.status, found.effect, change.effect) == ("changed", effect, effect)


def test_a_contract_of_another_name_is_another_contract() -> None:
    found = between(BASE, replace(BASE, id="other"))
    assert [(each.id, each.status, each.effect) for each in found.contracts] == [
        ("kosodate", "removed", "loses"), ("other", "added", "gains"),
    ]  # fmt: skip


def test_what_came_and_what_went_is_named_with_its_articles() -> None:
    found = difference(BASE, replace(BASE, items=("atena_no", "name", "address", "sex")))
    assert [(each.id, each.name, [basis.key for basis in each.bases]) for each in found.gained] == [
        ("sex", "男女の別", ["庁内連携条例"]),
    ]  # fmt: skip
    assert [(each.id, each.name) for each in found.lost] == [("birth_date", "生年月日")]


def test_kinds_are_named() -> None:
    found = difference(BASE, replace(BASE, hears=BASE.hears - {"DEATH"} | {"BIRTH"}))
    assert [[(each.id, each.name) for each in side] for side in (found.gained, found.lost)] == [
        [("BIRTH", "出生")], [("DEATH", "死亡")],
    ]  # fmt: skip


def test_a_list_in_another_order_gains_and_loses_nothing() -> None:
    found = difference(BASE, replace(BASE, items=BASE.items[::-1]))
    assert (found.gained, found.lost) == ((), ())


def test_an_item_that_only_moves_into_a_grant_of_all_its_days_changes_nothing_in_what_may_be_known() -> None:
    whole = replace(BASE, granted=(), items=(*BASE.items, "honseki"), conditional=("former_surname",))
    moved = replace(BASE, granted=(grant(since=date(2026, 3, 30)),))
    (change,) = between(whole, moved).contracts
    assert change.effect == "unchanged"
    assert {each.field for each in change.differences} == {"items", "granted", "conditional"}


@pytest.mark.parametrize("new", [True, False])
def test_a_contract_that_is_new_or_gone_has_all_that_it_has_on_one_side(new: bool) -> None:
    books = (book(), book(BASE)) if new else (book(BASE), book())
    (change,) = compare(*books).contracts
    assert (change.status, change.effect) == (("added", "gains") if new else ("removed", "loses"))
    items = next(each for each in change.differences if each.field == "items")
    assert [part.id for part in (items.gained if new else items.lost)] == list(BASE.items)
    assert {(each.before is None, each.after is None) for each in change.differences} == {(new, not new)}
    assert {each.field for each in change.differences} == set(FIELDS) - {"mirror"}


def test_the_contracts_without_a_difference_are_named() -> None:
    other = replace(BASE, id="other")
    assert compare(book(BASE, other), book(replace(BASE, via="csv"), other)).unchanged == ("other",)


# The law

LAW_CHANGED: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "bases": (Basis, {
        "law": "別の法", "article": "1条", "permits": frozenset({"name"}), "when_granted": frozenset({"sex"}),
        "always": frozenset({"DEATH"}), "reasons": frozenset({"DEATH"}), "purposes": ("別の目的",),
        "in_force_from": date(2025, 4, 2), "in_force_until": date(2099, 1, 1),
        "source": "官報", "certainty": "S", "remark": "別の注",
    }),
    "items": (Item, {
        "ja": "別名", "also": ("また別名",), "label": "9号", "basis": "別の条", "type": "list", "sensitivity": "x",
        "derived_from": ("change",),
    }),
    "kinds": (Kind, {"ja": "別の種類", "action": "消除", "group": "household", "statutory": True}),
}  # fmt: skip
KEYS = {"bases": "庁内連携条例", "items": "name", "kinds": "PROTECTION_STARTED"}
LAW_CASES = [(part, field, value) for part, (_, values) in LAW_CHANGED.items() for field, value in values.items()]


@pytest.mark.parametrize("part", LAW_CHANGED)
def test_every_field_of_the_law_has_its_case(part: str) -> None:
    kind, values = LAW_CHANGED[part]
    assert set(values) == {each.name for each in fields(kind)} - {"key", "id"}


@pytest.mark.parametrize(("part", "field", "value"), LAW_CASES)
def test_a_change_of_the_law_is_seen(part: str, field: str, value: Any) -> None:
    members = dict(getattr(LAW, part))
    key = KEYS[part]
    was = members[key]
    members[key] = replace(was, **{field: value})
    found = compare(book(BASE), book(BASE, **{part: members}))
    assert found.contracts == ()
    assert [(each.part, each.key, each.status, dict(each.fields)) for each in found.law] == [
        (part, key, "changed", {field: (getattr(was, field), value)}),
    ]  # fmt: skip


def test_a_basis_that_is_new_or_gone_is_seen() -> None:
    fewer = {key: basis for key, basis in LAW.bases.items() if key != "番号法22条"}
    for before, after, status in ((LAW.bases, fewer, "removed"), (fewer, LAW.bases, "added")):
        (change,) = compare(book(BASE, bases=before), book(BASE, bases=after)).law
        assert (change.part, change.key, change.status) == ("bases", "番号法22条", status)


def test_two_books_without_a_difference_are_the_same() -> None:
    found = compare(LAW, load())
    assert (found.same, found.contracts, found.law, found.unchanged) == (True, (), (), tuple(LAW.contracts))
