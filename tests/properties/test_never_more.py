"""Whatever happens and whatever is agreed: never more than the contract."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.change import Change, Transfer, parse
from contracts.contract import Contract, Grant
from contracts.decide import Disclosure, decide
from contracts.errors import ChangeRefused
from contracts.law import items
from hub.cli.decide import answers
from tests.people import change as changed
from tests.people import line, record
from tests.properties.made_up import CONTROLS, DAYS, ITEMS, RECORDS, changes, contracts, values

FROM_THE_CHANGE = {name for name, item in items().items() if item.derived_from == ("change",)}


@pytest.mark.threat("S5")
@given(changes(), contracts(), DAYS)
def test_never_more_than_the_contract(change: Change, contract: Contract, on: date) -> None:
    told = decide(change, contract, on)
    if isinstance(told, Disclosure):
        expected = (contract.identifier,) if told.state == "left" else contract.permitted(on)
        assert tuple(told.items) == expected
        assert told.protected is None or "dv_protection" in told.items


@st.composite
def transfers(draw: st.DrawFn) -> tuple[Change, Contract]:
    """A contract that hears first loads, and a 随時移転 to it, of any items of the law."""
    contract = replace(draw(contracts()), hears=frozenset({"SNAPSHOT"}))
    named = draw(st.sets(st.sampled_from(ITEMS), min_size=1))
    said = {"order": "6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e", "items": sorted(named)}
    return changed("SNAPSHOT", None, draw(RECORDS), to=[contract.id], transfer=said), contract


@given(transfers(), DAYS)
def test_a_transfer_only_ever_leaves_out(given_: tuple[Change, Contract], on: date) -> None:
    happened, contract = given_
    assert isinstance(happened.transfer, Transfer)
    told, whole = decide(happened, contract, on), decide(replace(happened, transfer=None), contract, on)
    if not isinstance(whole, Disclosure):
        assert told == whole
        return
    assert isinstance(told, Disclosure)
    chosen = {*happened.transfer.items, contract.identifier}
    assert [*told.items.items()] == [each for each in whole.items.items() if each[0] in chosen]
    assert (told.state, told.protected) == (whole.state, whole.protected)


@given(changes(), contracts(), DAYS)
def test_every_value_told_is_the_one_of_the_register_or_derived_from_the_change(
    change: Change, contract: Contract, on: date
) -> None:
    told = decide(change, contract, on)
    if not isinstance(told, Disclosure):
        return
    source = change.before if told.state in ("left", "deleted") else change.after
    for item in set(told.items) - FROM_THE_CHANGE - {"is_japanese"}:
        assert told.items[item] == (source or {}).get(item)


@given(changes(), contracts(), DAYS)
def test_a_state_fits_its_records(change: Change, contract: Contract, on: date) -> None:
    told = decide(change, contract, on)
    if isinstance(told, Disclosure):
        assert (told.state == "deleted") is (change.after is None)
        assert not (told.state in ("inside", "left") and change.before is None)


@given(changes(), contracts(), DAYS)
def test_a_protected_person_is_told_only_to_those_who_may_be_told(change: Change, contract: Contract, on: date) -> None:
    told = decide(change, contract, on)
    subject = change.after if change.after is not None else change.before or {}
    if isinstance(told, Disclosure) and subject.get("protected") is not False:
        assert contract.protected == "deliver" or (contract.protected == "suspend" and told.state == "left")


@given(changes(), contracts(), DAYS)
def test_deciding_twice_is_deciding_once_and_leaves_the_change_alone(
    change: Change, contract: Contract, on: date
) -> None:
    kept = deepcopy(change)
    assert decide(change, contract, on) == decide(change, contract, on)
    assert change == kept


def with_item(happened: Change, item: str, before: Any, after: Any) -> Change:
    """The same Change with other values of `item` where there is a record."""
    return replace(
        happened,
        before=None if happened.before is None else {**happened.before, item: before},
        after=None if happened.after is None else {**happened.after, item: after},
    )


def answered(happened: Change, contract: Contract, on: date) -> bytes:
    return b"".join(answers(happened, [contract], on, silences=True))


@pytest.mark.threat("S5")
@pytest.mark.trap("C15")
@settings(max_examples=200)
@given(changes(), contracts(), DAYS, st.data())
def test_what_a_contract_may_not_know_never_changes_what_it_is_told(
    change: Change, contract: Contract, on: date, data: st.DataObject
) -> None:
    may_know = {*contract.items, *(source for item in contract.items for source in items()[item].derived_from)}
    secrets = sorted(set(ITEMS) - may_know - CONTROLS)
    other = change
    for item in data.draw(st.sets(st.sampled_from(secrets), max_size=5)) if secrets else ():
        other = with_item(other, item, data.draw(values(item)), data.draw(values(item)))
    assert answered(other, contract, on) == answered(change, contract, on)


@pytest.mark.trap("input-09")
@given(changes(), contracts(), DAYS, st.text(min_size=1), st.text())
def test_an_item_that_got_past_the_door_would_still_reach_nobody(
    change: Change, contract: Contract, on: date, name: str, value: str
) -> None:
    if name not in ITEMS and name != "protected":
        assert answered(with_item(change, name, value, value[:-1]), contract, on) == answered(change, contract, on)


@pytest.mark.trap("input-09", "V2")
@given(st.text(min_size=1), st.sampled_from(["before", "after"]), st.none() | st.text() | st.integers())
def test_an_unknown_item_is_refused_at_the_door_and_not_named(name: str, where: str, value: Any) -> None:
    if name in ITEMS or name == "protected":
        return
    records = {"before": record(), "after": record()} | {where: record() | {name: value}}
    given_line = json.dumps(json.loads(line("RELOCATE", None, None)) | records).encode()
    with pytest.raises(ChangeRefused) as raised:
        parse(given_line)
    assert raised.value.place.split(".")[0] in ("", where)
    assert raised.value.code in ("unknown-item", "control-character", "bad-number")


@st.composite
def granted(draw: st.DrawFn) -> Contract:
    """A contract with grants of items that it does not have anyway."""
    contract = draw(contracts())
    others = sorted(set(ITEMS) - set(contract.items))
    grants = st.builds(Grant, st.sampled_from(others), st.just(contract.approved), DAYS, st.none() | DAYS)
    told = draw(st.lists(grants, max_size=4, unique_by=lambda grant: grant.item)) if others else []
    return replace(contract, granted=tuple(told), conditional=tuple(grant.item for grant in told))


@given(changes(), granted(), DAYS)
def test_a_granted_item_is_told_on_the_days_of_its_grant_and_on_no_other(
    change: Change, contract: Contract, on: date
) -> None:
    told = decide(change, contract, on)
    if isinstance(told, Disclosure) and told.state != "left":
        grants = [grant for grant in contract.granted if grant.since <= on <= (grant.until or date.max)]
        assert tuple(told.items) == (*contract.items, *(grant.item for grant in grants))


@st.composite
def shortened(draw: st.DrawFn) -> tuple[Contract, Contract]:
    """A contract with grants, and the same with some of them withdrawn, begun later or ended earlier."""
    wide = draw(granted())
    kept = [grant for grant in wide.granted if draw(st.booleans())]
    less = [
        replace(grant, since=max(grant.since, draw(DAYS)), until=min(grant.until or date.max, draw(DAYS)))
        for grant in kept
    ]
    return wide, replace(wide, granted=tuple(less))


@given(changes(), shortened(), DAYS)
def test_withdrawing_or_shortening_a_grant_never_widens_a_disclosure(
    change: Change, pair: tuple[Contract, Contract], on: date
) -> None:
    before, after = (decide(change, contract, on) for contract in pair)
    if isinstance(after, Disclosure):
        assert isinstance(before, Disclosure)
        assert after.state == before.state
        assert after.items == {item: before.items[item] for item in after.items}
        assert after.protected in (None, before.protected)


@st.composite
def narrowed(draw: st.DrawFn) -> tuple[Contract, Contract]:
    """A contract, and one that may have and hear less; the population and the identifier are the same."""
    wide = draw(contracts())
    dropped = draw(st.sets(st.sampled_from(wide.items))) - {wide.identifier}
    kinds = draw(st.frozensets(st.sampled_from(sorted(wide.hears)))) if wide.hears else frozenset()
    always = draw(st.frozensets(st.sampled_from(sorted(wide.always)))) if wide.always else frozenset()
    stricter = "withhold" if wide.protected == "deliver" and draw(st.booleans()) else wide.protected
    less = tuple(item for item in wide.items if item not in dropped)
    return wide, replace(wide, items=less, hears=kinds, always=always, protected=stricter)


@given(changes(), narrowed(), DAYS)
def test_narrowing_a_contract_never_widens_a_disclosure(
    change: Change, pair: tuple[Contract, Contract], on: date
) -> None:
    before, after = (decide(change, contract, on) for contract in pair)
    if not isinstance(after, Disclosure):
        return
    assert isinstance(before, Disclosure)
    assert after.state == before.state
    for item in set(after.items) - {"change_reason"}:
        assert after.items[item] == before.items[item]
    assert after.items.get("change_reason") in (None, before.items.get("change_reason"))
