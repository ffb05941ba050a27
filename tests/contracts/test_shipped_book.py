"""The first Book says what the policy says: 41 items, 43 kinds, four contracts, in ids of the wire."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from contracts.book import Book, load
from contracts.canonical import canonical, fingerprint
from contracts.contract import Approval
from contracts.kinds import CORRECTION, ENTRY, REMOVAL, kinds
from contracts.law import items, kind_ids
from contracts.record import Record
from tests.contracts.books import SOUND, edited, write

GROUPS = {
    "記載": "MOVE_IN_DOMESTIC MOVE_IN_ABROAD BIRTH ENTRY_NATURALIZED ENTRY_NATIONALITY_LOST EX_OFFICIO_ENTRY",
    "消除": "MOVE_OUT_DOMESTIC MOVE_OUT_ABROAD DEATH DELETE_NATURALIZED DELETE_NATIONALITY_LOST EX_OFFICIO_DELETE",
    "修正": "RELOCATE MINOR_CORRECTION EX_OFFICIO_CORRECTION FORMER_SURNAME_CHANGED ALIAS_CHANGED FURIGANA_ENTERED",
    "世帯": "HEAD_CHANGED HOUSEHOLD_SPLIT HOUSEHOLD_MERGED HOUSEHOLD_CHANGED RELATIONSHIP_CHANGED HEAD_NAME_CORRECTED",
    "個人番号": "MY_NUMBER_CHANGE_REQUESTED MY_NUMBER_CORRECTED_EX_OFFICIO MY_NUMBER_ENTERED_EX_OFFICIO",
    "住民票コード": "JUMIN_CODE_CHANGE_REQUESTED JUMIN_CODE_ENTERED_EX_OFFICIO",
    "外国人": "RESIDENCE_STATUS_UPDATED NATIONALITY_CORRECTED",
    "資格": "QUALIFICATION_CHANGED ELECTORAL_ROLL_CHANGED",
    "本籍": "HONSEKI_CORRECTED",
    "支援措置": "PROTECTION_STARTED PROTECTION_EXTENDED PROTECTION_ENDED",
    "手続": "MOVE_OUT_PLANNED MOVE_OUT_CONFIRMED REISSUED",
    "カード": "CARD_REQUESTED",
    "年齢到達等": "POPULATION_REVIEW",
    "初期登録": "SNAPSHOT",
}
POLICY: dict[str, dict[str, Any]] = {
    "prefecture": {
        "items": "name name_furigana former_surname alias_name birth_date sex address my_number juminhyo_code "
                 "change_action change_reason change_date",
        "conditional": "", "hears": "記載 消除 修正 個人番号 住民票コード", "always": "",
        "identifier": "juminhyo_code", "protected": "deliver", "mirror": False, "via": "prefecture",
    },
    "intermediate-server": {
        "items": "togo_atena_no is_household_head household_head_name relationship_to_head change_action change_date "
                 "dv_protection",
        "conditional": "", "hears": "記載 消除 世帯 個人番号 支援措置", "always": "個人番号",
        "identifier": "togo_atena_no", "protected": "deliver", "mirror": True, "via": "intermediate-server",
    },
    "convenience-store": {
        "items": "atena_no household_no name name_furigana former_surname alias_name birth_date sex address "
                 "address_fixed_date resident_since notified_date previous_address is_household_head "
                 "household_head_name relationship_to_head honseki nationality foreign_resident_since "
                 "art30_45_category residence_status residence_expiry residence_card_no dv_protection",
        "conditional": "alias_history my_number juminhyo_code seal_registration",
        "hears": "記載 消除 修正 世帯 個人番号 住民票コード 外国人 本籍 支援措置 手続", "always": "",
        "identifier": "atena_no", "protected": "suspend", "mirror": True, "via": "convenience-store",
    },
    "child-policy": {
        "items": "atena_no household_no my_number name name_furigana former_surname alias_name birth_date sex address "
                 "address_fixed_date resident_since previous_address is_household_head household_head_name "
                 "relationship_to_head child_allowance_qual removal_date change_action change_reason change_date "
                 "dv_protection",
        "conditional": "nationality residence_status residence_expiry move_out_destination",
        "hears": "記載 消除 修正 世帯 個人番号 外国人 支援措置 手続", "always": "",
        "identifier": "atena_no", "protected": "deliver", "mirror": True, "via": "topic",
    },
}  # fmt: skip
WITHOUT_SAYING = {False: {"POPULATION_REVIEW"}, True: {"POPULATION_REVIEW", "SNAPSHOT"}}


@pytest.fixture(scope="module")
def book() -> Book:
    return load()


def expanded(groups: str) -> set[str]:
    return {kind for group in groups.split() for kind in GROUPS[group].split()}


def test_the_book_holds_the_four_contracts_sorted(book: Book) -> None:
    assert list(book.contracts) == sorted(POLICY)


@pytest.mark.parametrize("name", POLICY)
def test_a_contract_is_what_the_policy_says(book: Book, name: str) -> None:
    contract, policy = book.contracts[name], POLICY[name]
    assert contract.items == tuple(policy["items"].split())
    assert contract.conditional == tuple(policy["conditional"].split())
    assert contract.hears == expanded(policy["hears"]) | WITHOUT_SAYING[policy["mirror"]]
    assert contract.always == expanded(policy["always"])
    for key in ("identifier", "protected", "mirror", "via"):
        assert getattr(contract, key) == policy[key]


@pytest.mark.parametrize("name", POLICY)
def test_a_contract_begins_approved_and_with_nothing_granted(book: Book, name: str) -> None:
    contract = book.contracts[name]
    assert contract.granted == ()
    assert contract.population is None
    assert (contract.in_force_from, contract.in_force_until) == (date(2026, 4, 1), None)
    assert (contract.approved.by, contract.approved.on) == ("総務部法務", date(2026, 3, 20))


def test_the_items_of_the_law_are_those_of_the_record() -> None:
    assert list(items()) == [name for name in Record.__annotations__ if name != "protected"]
    assert len(items()) == 41


def test_statutory_names_are_unambiguous() -> None:
    names = [name for item in items().values() for name in (item.ja, *item.also)]
    assert len(names) == len(set(names))


def test_derived_items_name_what_they_are_derived_from() -> None:
    derived = {name: item.derived_from for name, item in items().items() if item.derived_from}
    change = ("change",)
    assert derived == {"is_japanese": ("nationality",), "removal_date": change, "change_action": change,
                       "change_reason": change, "change_date": change}  # fmt: skip


def test_the_kinds_are_a_closed_list_of_which_twenty_are_statutory() -> None:
    assert set(kinds()) == expanded(" ".join(GROUPS))
    assert len(kinds()) == 43
    assert sum(kind.statutory for kind in kinds().values()) == 20


def test_only_entries_and_the_first_load_have_no_record_before() -> None:
    actions = {name: kind.action for name, kind in kinds().items()}
    assert {name for name in actions if actions[name] == ENTRY} == expanded("記載") | {"SNAPSHOT"}
    assert {name for name in actions if actions[name] == REMOVAL} == expanded("消除")
    assert set(actions.values()) == {ENTRY, REMOVAL, CORRECTION}


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_stands_for_its_kinds(group: str) -> None:
    assert kind_ids()[group] == expanded(group)


def test_every_basis_is_used(book: Book) -> None:
    assert set(book.bases) == {key for contract in book.contracts.values() for key in contract.basis}


def test_a_doubtful_basis_says_what_is_doubtful(book: Book) -> None:
    assert [basis.key for basis in book.bases.values() if basis.certainty != "S" and not basis.remark] == []


def test_no_department_has_the_juminhyo_code(book: Book) -> None:
    assert "juminhyo_code" not in book.contracts["child-policy"].items


def test_the_intermediate_server_has_neither_name_nor_address(book: Book) -> None:
    assert {"name", "address", "my_number"} & set(book.contracts["intermediate-server"].items) == set()


def test_the_canonical_form_is_that_of_rfc_8785(book: Book) -> None:
    for contract in book.contracts.values():
        assert canonical(contract.document()) == rfc8785.dumps(contract.document())


def test_the_canonical_form_orders_names_by_utf_16() -> None:
    hard: Any = {"\U00020bb7": 1, "\ufa11": 2, "a\n\u001f\u007f\"\\/": [True, None, 2**53 - 1], "": {}, "é": "e\u0301"}
    assert canonical(hard) == rfc8785.dumps(hard)


@pytest.mark.parametrize("value", [1.0, float("nan"), {"a": [0.5]}, b"bytes", {1, 2}])
def test_what_contracts_do_not_hold_has_no_canonical_form(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


def test_an_unsafe_integer_has_no_canonical_form() -> None:
    with pytest.raises(ValueError, match="canonical"):
        canonical({"n": 2**53})


def test_a_contract_is_identified_by_its_canonical_form(book: Book) -> None:
    for contract in book.contracts.values():
        assert contract.hash == fingerprint(contract.document())


EDITS = (
    ('"続柄"]', '"続柄", "男女の別"]'), ('"支援措置"]', '"支援措置", "手続"]'), ("age_to = 18", "age_to = 17"),
    ('"deliver"', '"withhold"'), ("mirror     = true", "mirror     = false"), ('"topic"', '"rest"'),
    ("on = 2026-03-20", "on = 2026-03-21"), ("from = 2026-04-01", "from = 2026-04-01, until = 2026-12-31"),
    ("always     = []", 'always     = ["世帯"]'), ('"児童手当の支給"', '"児童手当の支給事務"'), ('["国籍等"]', "[]"),
)  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_any_change_of_meaning_changes_the_identity(tmp_path: Path, edit: tuple[str, str]) -> None:
    sound, other = load(write(tmp_path / "a", SOUND)), load(write(tmp_path / "b", edited(SOUND, (edit,))))
    assert sound.contracts["kosodate"].hash != other.contracts["kosodate"].hash
    assert sound.hash != other.hash


def test_the_identity_does_not_depend_on_how_the_file_is_written(tmp_path: Path) -> None:
    rewritten = edited(SOUND, (('"記載", "消除"', '"消除", "記載"'), ('"続柄"', '"世帯主との続柄"'))) + "# signed\n"
    sound, other = load(write(tmp_path / "a", SOUND)), load(write(tmp_path / "b", rewritten))
    assert sound.hash == other.hash


def test_a_changed_law_changes_the_book_though_no_contract_changed(book: Book, tmp_path: Path) -> None:
    shipped = Path(__file__).resolve().parents[2] / "contracts"
    bases = (shipped / "law/bases.toml").read_text(encoding="utf-8").replace('certainty = "U"', 'certainty = "K"', 1)
    for file in (shipped / "subscribers").glob("*.toml"):
        write(tmp_path, file.read_text(encoding="utf-8"), file.stem, bases)
    assert {name: contract.hash for name, contract in load(tmp_path).contracts.items()} == {
        name: contract.hash for name, contract in book.contracts.items()
    }
    assert load(tmp_path).hash != book.hash


def test_an_approval_is_part_of_the_contract(book: Book) -> None:
    assert book.contracts["child-policy"].approved == Approval("総務部法務", date(2026, 3, 20), "令和8年 決裁第123号")
