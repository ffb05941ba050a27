"""Deciding a letter again: authority then ∩ authority now, with today's protection."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import orjson
import pytest

from consumers.disclosure import Disclosure
from consumers.plans import Member
from consumers.resealing import cut
from consumers.verdicts import Verdict, decided_again, with_protection
from consumers.weighing import Protections
from contracts import book
from contracts.contract import Contract, Population
from contracts.decide import Disclosure as Told
from contracts.decide import decide
from hub.recalling import Recalled
from tests import people

TODAY = date(2026, 5, 1)
BEFORE = people.record(1)
AFTER = BEFORE | {"address": {"text": "架空市仮町二丁目"}, "name": "架空 改名"}
CHANGE = people.change("RELOCATE", BEFORE, AFTER)
MARKED = replace(
    book.load().contracts["prefecture"],
    items=(*book.load().contracts["prefecture"].items, "dv_protection"),
)


def said(contract: Contract, **changed: Any) -> Disclosure:
    told = decide(CHANGE, contract, CHANGE.day)
    assert isinstance(told, Told)
    return Disclosure(UUID(int=1), contract.id, CHANGE.version, told.state, {**told.items, **changed}, told.protected)


def again(now: Contract, then: Contract = MARKED, **changed: Any) -> Verdict:
    return decided_again(said(then, **changed), then.hash, now, CHANGE, TODAY)


def test_the_same_contract_releases_what_was_sealed() -> None:
    assert again(MARKED) == Verdict("unchanged", "", tuple(said(MARKED).items), (), state="inside")


CASES: dict[str, tuple[dict[str, Any], tuple[str, str, tuple[str, ...]]]] = {
    "item struck": ({"items": tuple(i for i in MARKED.items if i != "sex")}, ("narrowed", "", ("sex",))),
    "item added": ({"items": (*MARKED.items, "household_no")}, ("unchanged", "", ())),
    "not yet in force": ({"in_force_from": date(2026, 6, 1)}, ("no-longer-lawful", "not-in-force", ())),
    "began after the day of recording": (
        {"in_force_from": date(2026, 4, 20)}, ("no-longer-lawful", "not-in-force", ())
    ),
    "last day yesterday": ({"in_force_until": date(2026, 4, 30)}, ("no-longer-lawful", "not-in-force", ())),
    "last day today": ({"in_force_until": TODAY}, ("unchanged", "", ())),
    "on trial": (
        {"shadow_from": date(2026, 4, 1), "in_force_from": date(2026, 6, 1)}, ("no-longer-lawful", "on-trial", ())
    ),
    "another population": ({"population": Population(japanese=False)}, ("withheld", "outside", ())),
    "kind not heard": ({"hears": frozenset({"DEATH"}), "always": frozenset()}, ("withheld", "not-heard", ())),
    "nothing differs": (
        {"items": ("juminhyo_code", "sex"), "always": frozenset()}, ("withheld", "nothing-changed", ())
    ),
    "identifier struck": (
        {"items": tuple(i for i in MARKED.items if i != "juminhyo_code")}, ("withheld", "nothing-left", ())
    ),
}  # fmt: skip


@pytest.mark.trap("D12")
@pytest.mark.parametrize("case", CASES)
def test_what_the_contract_of_now_makes_of_it(case: str) -> None:
    changed, expected = CASES[case]
    verdict = again(replace(MARKED, **changed))
    assert (verdict.code, verdict.reason, verdict.dropped) == expected
    assert verdict.releases == (expected[0] in ("unchanged", "narrowed"))


@pytest.mark.trap("D12")
def test_a_value_that_would_be_another_one_now_stays_away() -> None:
    verdict = again(MARKED, change_reason="MINOR_CORRECTION")
    assert (verdict.code, verdict.dropped) == ("narrowed", ("change_reason",))


def test_a_state_that_would_be_another_one_now_is_withheld() -> None:
    changed = decided_again(msgspec.structs.replace(said(MARKED), state="entered"), MARKED.hash, MARKED, CHANGE, TODAY)
    assert (changed.code, changed.reason) == ("withheld", "state-changed")


@pytest.mark.parametrize(
    ("now", "code"),
    [(MARKED, "unchanged"), (replace(MARKED, purpose="another"), "not-decidable"),
     (replace(MARKED, protected="withhold"), "not-decidable")],
    ids=["word for word", "another", "withholds"],
)  # fmt: skip
def test_without_the_change_only_the_very_same_contract_releases(now: Contract, code: str) -> None:
    verdict = decided_again(said(MARKED), MARKED.hash, now, None, TODAY)
    assert (verdict.code, verdict.reason) == (code, "change-gone" if code == "not-decidable" else "")


def test_without_the_change_a_contract_that_withholds_releases_nothing_even_where_it_is_the_same() -> None:
    withholding = replace(MARKED, protected="withhold")
    assert not decided_again(said(withholding), withholding.hash, withholding, None, TODAY).releases


PROTECTION: dict[tuple[str, str, bool | None], tuple[str, bool]] = {
    ("deliver", "inside", True): ("unchanged", True), ("deliver", "inside", False): ("unchanged", False),
    ("deliver", "inside", None): ("unchanged", False), ("suspend", "inside", True): ("withheld", False),
    ("suspend", "left", True): ("unchanged", True), ("suspend", "deleted", True): ("unchanged", True),
    ("withhold", "inside", True): ("withheld", False), ("withhold", "left", True): ("withheld", False),
    ("withhold", "inside", False): ("unchanged", False),
}  # fmt: skip


@pytest.mark.trap("D12")
@pytest.mark.parametrize("case", PROTECTION, ids=str)
def test_the_protection_of_today_counts(case: tuple[str, str, bool | None]) -> None:
    protection, state, protected = case
    contract = replace(MARKED, protected=protection)  # type: ignore[arg-type]
    verdict = with_protection(replace(again(MARKED), state=state), contract, protected)
    assert (verdict.code, verdict.protected) == PROTECTION[case]


def test_a_contract_that_does_not_carry_the_mark_is_not_told_of_a_protection() -> None:
    plain = book.load().contracts["prefecture"]
    assert not with_protection(again(plain, plain), plain, protected=True).protected


@pytest.mark.parametrize(("items", "mark"), [
    (("juminhyo_code", "sex"), False), (("juminhyo_code", "dv_protection"), True),
])  # fmt: skip
def test_the_mark_of_a_protection_goes_with_its_item_alone(items: tuple[str, ...], mark: bool) -> None:
    sealed = {"items": {"juminhyo_code": "x", "sex": "y", "dv_protection": True}, "protected": True}
    verdict = Verdict("narrowed", "", items, (), protected=True)
    member = Member(UUID(int=1), 1, 0, None, 0, "", None, None, None, verdict, 0)
    released = orjson.loads(cut(orjson.dumps(sealed), member))
    assert ({*released["items"]}, released.get("protected") is True) == ({*items}, mark)


@pytest.mark.parametrize(("before", "began"), [(None, True), (False, True), (True, False)])
def test_a_protection_begins_for_whom_nothing_was_known(before: bool | None, began: bool) -> None:
    change = people.change("RELOCATE", BEFORE, AFTER | {"protected": True})
    known = {} if before is None else {b"k": (change.version - 1, before)}
    assert Protections(known).meet(Recalled(b"k", change, b"")) is began
