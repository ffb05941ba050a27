"""Whatever a subscriber opens is what its schema says: every item that the contract permits, and no other."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from contracts.change import Change, parse
from contracts.contract import DEPARTMENTAL, Approval, Contract, Grant
from contracts.decide import derived_of
from contracts.errors import ChangeRefused
from contracts.law import items
from hub.interface import schema
from hub.interface.forms import NULL, at, definitions, of_item
from tests.contracts.agreed import agreed
from tests.interface.samples import BOOK, CONTRACTS, NAMED, full, payloads, told, told_on
from tests.people import change, line, record
from tests.properties.made_up import DAYS, ITEMS, changes, contracts, values

DERIVED = derived_of(change("DEATH", record(), None), heard=True)
DIGITS = ("my_number", "juminhyo_code", "atena_no")
APPROVED = Approval("総務部法務", date(2026, 3, 20), "第1号")
OTHER_ID = "00000000-0000-5000-8000-000000000000"


@cache
def validator(contract: Contract) -> Draft202012Validator:
    return Draft202012Validator(schema.document(contract, BOOK))


def accepts(contract: Contract, told: Any) -> bool:
    return validator(contract).is_valid(told)


def accepts_value(item: str, value: Any) -> bool:
    ref = at("#/$defs")
    return Draft202012Validator({**of_item(item, ref), "$defs": definitions(ref)}).is_valid(value)


@pytest.mark.parametrize("contract", **NAMED)
def test_every_schema_is_a_schema_of_its_dialect(contract: Contract) -> None:
    document = schema.document(contract, BOOK)
    Draft202012Validator.check_schema(document)
    assert document["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


@pytest.mark.trap("S2")
@settings(max_examples=60)
@given(changes())
def test_all_that_a_shipped_contract_is_told_fits_its_own_schema(happened: Change) -> None:
    for contract in CONTRACTS:
        one = told(happened, contract)
        if one is not None:
            validator(contract).validate(one)


@st.composite
def granting(draw: st.DrawFn) -> Contract:
    """Any contract, to which some items more were granted, each from a day and perhaps to one."""
    contract = draw(contracts())
    more = draw(st.sets(st.sampled_from(ITEMS), max_size=3)) - {*contract.items}
    grants = [Grant(item, APPROVED, draw(DAYS), draw(st.none() | DAYS)) for item in sorted(more)]
    return replace(contract, granted=tuple(grants))


@given(changes(), granting(), DAYS)
def test_all_that_any_contract_could_be_told_fits_its_own_schema(
    happened: Change, contract: Contract, on: date
) -> None:
    one = told_on(happened, contract, on)
    if one is not None:
        validator(contract).validate(one)


@pytest.mark.parametrize("contract", **NAMED)
def test_a_disclosure_fits_the_schema_of_no_other_contract(contract: Contract) -> None:
    one = full(contract)
    assert [other.id for other in CONTRACTS if accepts(other, one)] == [contract.id]


def first_item(one: dict[str, Any]) -> str:
    return next(iter(one["items"]))


WRONG = {
    "an item more": lambda one: one["items"].update(marker="x"),
    "an item less": lambda one: one["items"].popitem(),
    "another contract": lambda one: one.update(contract="another"),
    "an item of a wrong type": lambda one: one["items"].update({first_item(one): 1}),
    "no items": lambda one: one.pop("items"),
    "no version": lambda one: one.pop("version"),
    "a version as text": lambda one: one.update(version="1"),
    "an id that is none": lambda one: one.update(id="1"),
    "an id of another kind": lambda one: one.update(id=OTHER_ID.replace("-5", "-4")),
    "a time without an offset": lambda one: one.update(recorded_at="2026-04-02T10:15:00"),
    "a field that is not there": lambda one: one.update(resident="x"),
    "an unknown state": lambda one: one.update(state="moved"),
    "all items of somebody who left": lambda one: one.update(state="left"),
    "the flag where it does not belong, or no flag where it does": lambda one: (
        one.pop("protected") if "protected" in one else one.update(protected=False)
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("contract", **NAMED)
def test_what_the_contract_does_not_say_is_refused(contract: Contract, wrong: str) -> None:
    one = full(contract)
    assert accepts(contract, one)
    WRONG[wrong](one)
    assert not accepts(contract, one)


@pytest.mark.parametrize("contract", **NAMED)
def test_each_item_is_required_and_each_has_its_form(contract: Contract) -> None:
    one = full(contract)
    for item in contract.items:
        less, wrong = deepcopy(one), deepcopy(one)
        less["items"].pop(item)
        wrong["items"][item] = [1]
        assert (accepts(contract, less), accepts(contract, wrong)) == (False, False), item


@pytest.mark.parametrize("contract", **NAMED)
def test_an_item_of_the_registry_that_the_contract_does_not_permit_is_refused(contract: Contract) -> None:
    one = full(contract)
    for item in set(ITEMS) - {*contract.items}:
        assert not accepts(contract, {**one, "items": {**one["items"], item: None}}), item


def test_who_left_is_named_by_the_identifier_alone() -> None:
    contract = agreed(protected="suspend")
    one = told(change("PROTECTION_STARTED", record(), record(protected=True)), contract)
    assert one["state"] == "left"
    assert accepts(contract, one)
    assert not accepts(contract, {**one, "items": {**one["items"], "name": None}})
    assert not accepts(contract, {**one, "protected": True})


@pytest.mark.parametrize(("state", "action", "removed_on", "fits"), [
    ("entered", "記載", None, True), ("entered", "修正", None, True), ("entered", "消除", None, False),
    ("inside", "修正", None, True), ("inside", "記載", None, False), ("inside", "修正", "2026-04-01", False),
    ("deleted", "消除", "2026-04-01", True), ("deleted", "消除", None, False), ("deleted", "修正", "2026-04-01", False),
])  # fmt: skip
def test_what_is_derived_from_the_change_fits_the_state(
    state: str, action: str, removed_on: str | None, fits: bool
) -> None:
    contract = agreed(items=("atena_no", "change_action", "removal_date"))
    derived = {"atena_no": "1", "change_action": action, "removal_date": removed_on}
    one = {**told(change("DEATH", record(), None), contract), "state": state, "items": derived}
    assert accepts(contract, one) is fits


def test_the_reason_is_one_that_the_contract_hears() -> None:
    contract = agreed(items=("atena_no", "change_reason"))
    one = told(change("DEATH", record(), None), contract)
    reasons = {reason: accepts(contract, {**one, "items": {"atena_no": "1", "change_reason": reason}})
               for reason in ("DEATH", None, "MOVE_OUT_ABROAD", "死亡")}  # fmt: skip
    assert reasons == {"DEATH": True, None: True, "MOVE_OUT_ABROAD": False, "死亡": False}


def test_a_granted_item_may_be_there_and_need_not() -> None:
    contract = agreed(granted=(Grant("nationality", APPROVED, date(2026, 4, 2)),))
    happened = change("DEATH", record(nationality="XXA"), None)
    before, after = (told_on(happened, contract, date(2026, 4, day)) for day in (1, 2))
    assert ("nationality" in before["items"], "nationality" in after["items"]) == (False, True)
    assert accepts(contract, before)
    assert accepts(contract, after)


def test_the_flag_comes_with_granted_protection_and_goes_with_it() -> None:
    contract = agreed(granted=(Grant("dv_protection", APPROVED, date(2026, 4, 2)),))
    before, after = (told_on(change("DEATH", record(), None), contract, date(2026, 4, day)) for day in (1, 2))
    assert ("protected" in before, "protected" in after) == (False, True)
    assert accepts(contract, before)
    assert accepts(contract, after)
    assert not accepts(contract, {**before, "protected": True})
    assert not accepts(contract, {name: value for name, value in after.items() if name != "protected"})


ORDER = "6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e"
MAY_BE_TRANSFERRED = [one for one in CONTRACTS if one.via in DEPARTMENTAL and one.mirror]
ALSO_NAMED = {"argvalues": MAY_BE_TRANSFERRED, "ids": [one.id for one in MAY_BE_TRANSFERRED]}


def transferred(contract: Contract, *named: str) -> Any:
    """What a 随時移転 of these items tells, of the first of some people whom the contract concerns."""
    said = {"order": ORDER, "items": [*named]}
    for born in ("2016-04-01", "1980-04-01", "1950-04-01"):
        happened = change("SNAPSHOT", None, record(birth_date=born), to=[contract.id], transfer=said)
        if (one := told(happened, contract)) is not None:
            return one
    raise AssertionError(contract.id)


@pytest.mark.parametrize("contract", **ALSO_NAMED)
def test_a_transfer_says_so_and_may_then_have_fewer_items(contract: Contract) -> None:
    one = transferred(contract, "name")
    assert ([*one["items"]], one["transfer"]) == ([contract.identifier, "name"], ORDER)
    assert accepts(contract, one)
    assert not accepts(contract, {name: value for name, value in one.items() if name != "transfer"})
    assert not accepts(contract, one | {"items": {"name": None}}), "the identifier is always there"
    assert not accepts(contract, one | {"items": {**one["items"], "juminhyo_code": None}})
    assert not accepts(contract, one | {"transfer": "1"})
    assert accepts(contract, transferred(contract, *contract.items))


@pytest.mark.parametrize("contract", **NAMED)
def test_nothing_but_an_entry_of_a_department_may_be_a_transfer(contract: Contract) -> None:
    one = full(contract) | {"transfer": ORDER}
    said = {state: accepts(contract, one | {"state": state}) for state in ("entered", "inside", "deleted")}
    assert said == {"entered": contract in MAY_BE_TRANSFERRED, "inside": False, "deleted": False}


def test_every_item_of_the_law_has_a_form() -> None:
    forms = {item: of_item(item, at("#")) for item in items()}
    assert {item for item, form in forms.items() if form == NULL} == DERIVED.keys()


def test_every_derived_item_has_a_form_of_its_own() -> None:
    contract = agreed(items=("atena_no", *DERIVED))
    for happened in (change("DEATH", record(), None), change("MOVE_IN_DOMESTIC", None, record())):
        one = told(happened, contract)
        validator(contract).validate(one)
        assert not accepts(contract, {**one, "items": {**one["items"], "is_japanese": None}})


@given(st.sampled_from(ITEMS).flatmap(lambda item: st.tuples(st.just(item), values(item))))
def test_what_the_door_lets_in_has_the_form_of_the_schema(entry: tuple[str, Any]) -> None:
    assert accepts_value(*entry)


@pytest.mark.parametrize(("item", "value"), [
    ("name", "a\u0085"), ("name", 1), ("name", "a\x00"), ("atena_no", "1" * 16), ("atena_no", "１"), ("atena_no", ""),
    ("my_number", "1" * 11), ("juminhyo_code", "1" * 12), ("sex", "3"), ("sex", 1), ("is_household_head", "true"),
    ("birth_date", "2026-13-01"), ("birth_date", "0000-01-01"), ("birth_date", "2026-1-1"), ("birth_date", 20260101),
    ("birth_date", {"year": 0}), ("birth_date", {"year": 1990, "month": 13}), ("birth_date", {"year": 1990.5}),
    ("birth_date", {"era": "平成"}), ("birth_date", {"year": 1990, "text": "a\x1f"}), ("birth_date", []),
    ("address", {"town": 1}), ("address", {"municipality_code": "12345"}), ("address", {"street": "x"}),
    ("address", "架空市"), ("alias_history", "x"), ("alias_history", [1]), ("alias_history", [{"from": 1}]),
    ("alias_history", [["x"]]), ("residence_status", {"kind": "x"}), ("dv_protection", {"starts_on": "soon"}),
    ("seal_registration", {"number": 1}), ("change_action", "修正"), ("is_japanese", True),
])  # fmt: skip
def test_what_the_door_refuses_by_its_form_the_schema_refuses_too(item: str, value: Any) -> None:
    with pytest.raises(ChangeRefused):
        parse(line("RELOCATE", record() | {item: value}, record()))
    assert not accepts_value(item, value)


@pytest.mark.parametrize(("item", "value"), [
    ("birth_date", {}), ("birth_date", {"year": 1990, "month": None, "day": None, "text": "平成2年不詳"}),
    ("alias_history", ["通称", None, {"from": "2020-01-01", "until": {"year": 2021}, "name": None}]),
    ("address", {}), ("address", None), ("name", ""), ("name", "𠮷髙葛󠄀"), ("residence_status", {"status": None}),
])  # fmt: skip
def test_unusual_forms_that_the_door_lets_in_fit_the_schema(item: str, value: Any) -> None:
    parse(line("RELOCATE", record() | {item: value}, record()))
    assert accepts_value(item, value)


@pytest.mark.parametrize("contract", **NAMED)
def test_every_item_is_told_by_its_statutory_name_and_by_what_permits_it(contract: Contract) -> None:
    told_of = schema.document(contract, BOOK)["$defs"]["items"]["properties"]
    assert [*told_of] == [*contract.items]
    for item, form in told_of.items():
        cited = [BOOK.bases[key] for key in contract.basis]
        permitting = [basis.name for basis in cited if item in basis.permits]
        assert form["title"] == BOOK.items[item].ja
        assert all(name in form["description"] for name in permitting)


def without_id(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "$id"}


@pytest.mark.trap("S3")
@pytest.mark.parametrize("changed", [
    {"purpose": "児童手当の支絡"}, {"approved": Approval("総務部法務", date(2026, 3, 20), "第2号")},
    {"hears": frozenset({"DEATH"})}, {"items": ("atena_no",)}, {"via": "rest"}, {"in_force_from": date(2026, 4, 2)},
])  # fmt: skip
def test_one_changed_character_of_a_contract_gives_another_id(changed: dict[str, Any]) -> None:
    assert schema.document(agreed(**changed), BOOK)["$id"] != schema.document(agreed(), BOOK)["$id"]


def test_another_wording_of_the_law_gives_another_id() -> None:
    named = {**BOOK.items, "name": replace(BOOK.items["name"], label="氏名。")}
    assert schema.document(agreed(), replace(BOOK, items=named))["$id"] != schema.document(agreed(), BOOK)["$id"]


@pytest.mark.trap("S3")
def test_no_two_schemas_have_one_id_and_one_has_one() -> None:
    ids = [schema.document(contract, BOOK)["$id"] for contract in CONTRACTS]
    assert len({*ids}) == len(CONTRACTS)
    assert ids == [schema.document(contract, BOOK)["$id"] for contract in CONTRACTS]


@pytest.mark.parametrize("contract", **NAMED)
def test_an_id_is_nobodys_address(contract: Contract) -> None:
    text = json.dumps(without_id(schema.document(contract, BOOK)))
    assert text.replace(schema.DIALECT, "").count("://") == 0
    assert schema.document(contract, BOOK)["$id"].startswith("urn:juki-hub:")


@pytest.mark.parametrize("contract", **NAMED)
def test_what_is_told_of_each_kind_fits_the_schema(contract: Contract) -> None:
    each = [*payloads(contract)]
    assert each
    assert all(accepts(contract, one) for one in each)
