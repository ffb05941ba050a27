"""The first Book says what was decided (policy.yaml), item by item and kind by kind; its bases permit no more."""

import re
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from contracts.book import Book, load
from contracts.contract import DEPARTMENTAL, Population
from contracts.folder import SHIPPED
from contracts.kinds import ENTRY, REMOVAL, kinds
from contracts.law import NUMBER_ACT, items, kind_ids
from contracts.record import Record

POLICY: Final[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("policy.yaml").read_text(encoding="utf-8"))
CONTRACTS: Final[dict[str, Any]] = POLICY["contracts"]
ACTIONS: Final[dict[str, str]] = {group: each["action"] for group, each in POLICY["kinds"].items()}
GROUPS: Final[dict[str, dict[str, str]]] = {
    group: {kind: ja for kind, ja in each.items() if kind.isupper()} for group, each in POLICY["kinds"].items()
}
WITHOUT_SAYING = {False: {"POPULATION_REVIEW"}, True: {"POPULATION_REVIEW", "SNAPSHOT"}}
OTHER_ORGANS = ("school-affairs", "elections")
"""教育委員会 and 選挙管理委員会: no departments of the mayor, and without 個人番号."""


@pytest.fixture(scope="module")
def book() -> Book:
    return load()


def expanded(names: list[str]) -> set[str]:
    return {kind for name in names for kind in GROUPS.get(name, {name: ""})}


def test_the_book_holds_the_sixteen_contracts_sorted(book: Book) -> None:
    assert (list(book.contracts), len(book.contracts)) == (sorted(CONTRACTS), 16)


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_has_and_hears_what_was_decided(book: Book, name: str) -> None:
    contract, policy = book.contracts[name], CONTRACTS[name]
    assert contract.items == tuple(policy["items"])
    assert contract.conditional == tuple(policy.get("given", ()))
    assert contract.hears == expanded(policy["hears"]) | WITHOUT_SAYING[policy.get("copy", False)]
    assert contract.always == expanded(policy.get("always", []))


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_is_for_whom_and_by_which_way_it_was_decided(book: Book, name: str) -> None:
    contract, policy = book.contracts[name], CONTRACTS[name]
    assert contract.population == (Population(**policy["people"]) if "people" in policy else None)
    assert (contract.subscriber, contract.identifier, contract.protected) == (
        policy["as"], policy["key"], policy["protected"],
    )  # fmt: skip
    assert (contract.mirror, contract.via) == (policy.get("copy", False), policy["via"])


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_begins_as_a_sample_with_nothing_granted(book: Book, name: str) -> None:
    contract = book.contracts[name]
    assert (contract.granted, contract.shadow_from) == ((), None)
    assert (contract.in_force_from, contract.in_force_until) == (date(2026, 4, 1), None)
    assert (contract.approved.by, contract.approved.on, contract.approved.sample) == (
        "総務部法務", date(2026, 3, 20), True,
    )  # fmt: skip


def test_the_sample_approvals_have_references_in_a_row(book: Book) -> None:
    references = {contract.approved.ref for contract in book.contracts.values()}
    assert references == {f"令和8年 決裁第{number}号" for number in range(120, 136)}


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_begins_with_what_a_lawyer_should_know(name: str) -> None:
    lines = (SHIPPED / "subscribers" / f"{name}.toml").read_text(encoding="utf-8").partition("\n\n")[0].splitlines()
    assert 1 <= len(lines) <= 2
    assert [line for line in lines if not (line.startswith("# ") and re.search("[\u3041-\u3096]", line))] == []


def test_the_items_are_those_that_were_decided() -> None:
    assert {name: item.label for name, item in items().items()} == POLICY["items"]
    assert list(items()) == [name for name in Record.__annotations__ if name != "protected"]
    assert len(items()) == 41


@pytest.mark.parametrize("name", POLICY["items"])
def test_an_item_is_called_what_the_law_calls_it(name: str) -> None:
    assert re.sub("（.*?）", "", POLICY["items"][name]) in (items()[name].ja, *items()[name].also)


def test_statutory_names_are_unambiguous() -> None:
    names = [name for item in items().values() for name in (item.ja, *item.also)]
    assert len(names) == len(set(names))


def test_derived_items_name_what_they_are_derived_from() -> None:
    derived = {name: list(item.derived_from) for name, item in items().items() if item.derived_from}
    assert derived == {name: [source] for name, source in POLICY["derived"].items()}


def test_the_kinds_are_those_that_were_decided() -> None:
    assert {(name, kind.ja, kind.group, kind.action) for name, kind in kinds().items()} == {
        (name, ja, group, ACTIONS[group]) for group, named in GROUPS.items() for name, ja in named.items()
    }
    assert len(kinds()) == 43


def test_twenty_kinds_are_statutory() -> None:
    statutory = [name for name, kind in kinds().items() if kind.statutory]
    assert (statutory, len(statutory)) == (POLICY["statutory"], 20)


def test_only_entries_and_the_first_load_have_no_record_before() -> None:
    actions = {name: kind.action for name, kind in kinds().items()}
    assert {name for name in actions if actions[name] == ENTRY} == {*GROUPS["entry"], "SNAPSHOT"}
    assert {name for name in actions if actions[name] == REMOVAL} == set(GROUPS["deletion"])


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_stands_for_its_kinds(group: str) -> None:
    assert kind_ids()[POLICY["kinds"][group]["called"]] == set(GROUPS[group])


def test_every_basis_is_cited(book: Book) -> None:
    assert set(book.bases) == {key for contract in book.contracts.values() for key in contract.basis}


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_bases_of_a_contract_permit_what_it_takes_and_no_more(book: Book, name: str) -> None:
    contract = book.contracts[name]
    bases = [book.bases[key] for key in contract.basis]
    assert frozenset[str]().union(*(basis.permits for basis in bases)) == set(contract.items)
    assert frozenset[str]().union(*(basis.when_granted for basis in bases)) == set(contract.conditional)
    assert frozenset[str]().union(*(basis.always for basis in bases)) == contract.always


@pytest.mark.parametrize("key", [key for key in load().bases if key.startswith("庁内連携条例・")])
def test_a_row_of_the_ordinance_is_for_one_section(book: Book, key: str) -> None:
    citing = [contract for contract in book.contracts.values() if key in contract.basis]
    assert len(citing) == 1
    assert citing[0].purpose in book.bases[key].purposes
    others = {contract.purpose for contract in book.contracts.values()} - {citing[0].purpose}
    assert others.isdisjoint(book.bases[key].purposes)


def test_a_doubtful_basis_says_what_is_doubtful(book: Book) -> None:
    assert [basis.key for basis in book.bases.values() if basis.certainty != "S" and not basis.remark] == []


def test_no_department_has_the_juminhyo_code(book: Book) -> None:
    departments = [contract for contract in book.contracts.values() if contract.via in DEPARTMENTAL]
    assert len(departments) == 9
    assert [each.id for each in departments if "juminhyo_code" in (*each.items, *each.conditional)] == []


@pytest.mark.parametrize("name", OTHER_ORGANS)
def test_other_organs_have_no_my_number_and_cite_no_number_act(book: Book, name: str) -> None:
    contract = book.contracts[name]
    assert "my_number" not in (*contract.items, *contract.conditional)
    assert [key for key in contract.basis if book.bases[key].law in (NUMBER_ACT, "庁内連携条例")] == []


def test_the_electoral_board_is_told_of_nationals_without_their_nationality(book: Book) -> None:
    elections = book.contracts["elections"]
    assert [key for key in elections.basis if "is_japanese" in book.bases[key].permits] == ["公職選挙法21条1項"]
    assert "nationality" not in (*elections.items, *elections.conditional)


def test_the_intermediate_server_has_neither_name_nor_address(book: Book) -> None:
    assert {"name", "address", "my_number"} & set(book.contracts["intermediate-server"].items) == set()
