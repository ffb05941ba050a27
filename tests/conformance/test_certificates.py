"""コンビニ交付: what the centre takes is what its certificates print, and of that nothing may be missing."""

from typing import Any

import pytest

from contracts.book import load
from producers.certificates.items import BASIC, ITEMS
from tests.conformance.counterparts import module
from tests.conformance.samples import disclosure, my_number

VIA = "convenience-store"
CONTRACT = load().contracts[VIA]
certificates, store = module("certificates"), module("convenience_store")
ROWS = certificates.ROWS
IN_ONE_ROW_AT_THE_COUNTER = {"is_household_head", "art30_45_category", "residence_expiry", "residence_card_no"}
"""Items that the counter's copy has in the row of another one: 世帯主, and the stay of a foreign resident."""


def head() -> dict[str, Any]:
    items = dict(disclosure(VIA).items)
    return {item: value for item, value in items.items() if item != "atena_no"}


PEOPLE: dict[str, dict[str, Any]] = {
    "everybody": {}, "japanese": {"honseki": "見本県見本市見本町一番地\u3000見本\u3000例蔵"},
    "member": {"is_household_head": False, "household_head_name": "見本\u3000例蔵", "relationship_to_head": "子"},
    "foreign": {"nationality": "XXA", "foreign_resident_since": "2024-05-01", "art30_45_category": "中長期在留者"},
    "seal": {"seal_registration": {"number": "1", "registered_on": "2024-05-01"}},
}  # fmt: skip
GRANTED: dict[str, Any] = {
    "my_number": my_number(7), "juminhyo_code": "0" * 11, "alias_history": [{"alias": "見本"}],
    "seal_registration": {"number": "1", "registered_on": "2024-05-01"},
}  # fmt: skip


def fault(record: dict[str, Any]) -> tuple[str, str] | None:
    message = {"atena_no": "1", "version": 1, "operation": "store", "record": record}
    found: tuple[str, str] | None = store.fault(message)
    return found


def test_the_centre_takes_what_the_contract_has_and_what_it_may_be_granted_and_no_more() -> None:
    assert {*CONTRACT.items, *CONTRACT.conditional} - {CONTRACT.identifier} == certificates.TAKEN == {*store.RECORD}
    assert {*CONTRACT.conditional} == certificates.GRANTABLE


def test_every_item_is_printed_or_it_is_said_what_else_it_is_for() -> None:
    assert certificates.TAKEN - {row.item for row in ROWS} == certificates.BESIDE.keys()


def test_the_kiosk_prints_the_rows_that_the_counter_prints() -> None:
    """As far as the contract goes: on the same special request, of the same people."""
    kiosk = {row.item: row for row in ROWS if row.certificate == certificates.COPY}
    counter = {item.id: item for item in ITEMS if item.id in certificates.TAKEN}
    assert kiosk.keys() - IN_ONE_ROW_AT_THE_COUNTER == counter.keys()
    for item in counter.values():
        row, whose = kiosk[item.id], {"both": {"everybody", "member"}}.get(item.whose, {item.whose})
        assert ((row.printed == certificates.ALWAYS) == (item.asked == BASIC), row.whose in whose) == (True, True), row


@pytest.mark.parametrize("whose", PEOPLE)
def test_a_complete_record_is_taken(whose: str) -> None:
    assert fault(head() | PEOPLE[whose]) is None


@pytest.mark.parametrize("item", sorted(certificates.TAKEN - certificates.GRANTABLE))
def test_a_record_without_an_item_of_its_certificates_is_refused(item: str) -> None:
    assert fault({name: value for name, value in head().items() if name != item}) == ("missing-item", item)


NEEDED = [row for row in ROWS if row.needed]


@pytest.mark.parametrize("row", NEEDED, ids=lambda row: f"{row.item}-{row.whose}")
def test_a_record_that_has_nothing_to_print_in_a_row_that_may_not_be_empty_is_refused(row: Any) -> None:
    who = head() | PEOPLE[row.whose]
    empty = {"number": None} if row.item == "seal_registration" else None
    if row.item == "nationality":
        assert fault(who | {"nationality": None}) is None, "who has none is Japanese"
    else:
        assert fault(who | {row.item: empty}) == ("null-item", row.item)


def test_an_address_that_says_nothing_is_none() -> None:
    assert fault(head() | {"address": {"town": None, "postal_code": None}}) == ("null-item", "address")


@pytest.mark.parametrize("item", sorted(GRANTED))
def test_an_item_that_may_be_granted_is_taken_and_not_asked_for(item: str) -> None:
    assert GRANTED.keys() == certificates.GRANTABLE
    assert fault(head() | {item: GRANTED[item]}) is None
    assert fault(head() | {item: None}) is None, "the register has none of this person"
    assert fault(head() | {item: 7}) is not None, "and it is looked at"


@pytest.mark.trap("input-09")
@pytest.mark.parametrize("item", ["nhi_qual", "togo_atena_no", "electoral_roll", "shoe_size"])
def test_an_item_that_no_certificate_prints_is_refused(item: str) -> None:
    assert fault(head() | {item: "1"}) == ("unknown-item", "")
