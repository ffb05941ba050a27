"""A contract is known by its hash, and a Book by its own: any change of meaning changes them, and nothing else does."""

from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from contracts.book import Book, load
from contracts.canonical import canonical, fingerprint
from contracts.contract import Approval, Contract, Grant, Population
from contracts.folder import SHIPPED
from tests.contracts.agreed import ON, agreed
from tests.contracts.books import SOUND, edited, ruled, write
from tests.contracts.faulty import granted


@pytest.fixture(scope="module")
def book() -> Book:
    return load()


def test_the_canonical_form_is_that_of_rfc_8785(book: Book) -> None:
    for contract in book.contracts.values():
        assert canonical(contract.document()) == rfc8785.dumps(contract.document())


def test_the_canonical_form_orders_names_by_utf_16() -> None:
    hard: Any = {"\U00020bb7": 1, "\ufa11": 2, 'a\n\u001f\u007f"\\/': [True, None, 2**53 - 1], "": {}, "é": "e\u0301"}
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
    ("mirror     = true", "mirror     = false"), ('"topic"', '"rest"'), ("on = 2026-03-20", "on = 2026-03-21"),
    ("from = 2026-04-01", "from = 2026-04-01, until = 2026-12-31"), ('["国籍等"]', "[]"),
    ('"児童手当の支給"', '"児童手当その他の子ども・子育て支援の給付"'), ("第123号\" }", '第123号", sample = true }'),
    ("granted    = []", granted()),
)  # fmt: skip


@pytest.mark.trap("S3")
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
    bases = ruled("庁内連携条例・税", 'certainty = "U"', 'certainty = "K"')
    for file in (SHIPPED / "subscribers").glob("*.toml"):
        write(tmp_path, file.read_text(encoding="utf-8"), file.stem, bases)
    assert {name: contract.hash for name, contract in load(tmp_path).contracts.items()} == {
        name: contract.hash for name, contract in book.contracts.items()
    }
    assert load(tmp_path).hash != book.hash


CHANGED: dict[str, Any] = {
    "id": "other", "subscriber": "税", "purpose": "地方税の賦課及び徴収", "basis": ("庁内連携条例・税",),
    "hears": frozenset({"DEATH"}), "items": ("atena_no",), "identifier": "name", "protected": "withhold", "via": "csv",
    "in_force_from": date(2026, 4, 2), "approved": Approval("総務部法務", date(2026, 3, 21), "第1号"),
    "always": frozenset({"DEATH"}), "granted": (Grant("nationality", Approval("", date(2026, 3, 20), ""), ON),),
    "conditional": ("nationality",), "population": Population(age_to=15), "mirror": True,
    "in_force_until": date(2027, 3, 31), "shadow_from": date(2026, 3, 25),
}  # fmt: skip


def test_whatever_differs_in_a_contract_makes_it_another() -> None:
    assert set(CHANGED) == {each.name for each in fields(Contract)} - {"hash"}
    hashes = {replace(agreed(), **{name: value}).hash for name, value in CHANGED.items()}
    assert len(hashes | {agreed().hash}) == len(CHANGED) + 1


PARTS: tuple[tuple[Any, Any], ...] = (
    (Population(age_to=15), Population(age_from=15)), (Population(japanese=True), Population(japanese=False)),
    (Approval("課長", ON, "第1号"), Approval("課長", ON, "第1号", sample=True)),
    (Grant("sex", agreed().approved, ON), Grant("sex", agreed().approved, ON, until=ON)),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other"), PARTS)
def test_so_does_whatever_differs_in_its_parts(one: Any, other: Any) -> None:
    at = {Population: "population", Approval: "approved", Grant: "granted"}[type(one)]
    put = (lambda part: (part,)) if at == "granted" else (lambda part: part)
    assert agreed(**{at: put(one)}).hash != agreed(**{at: put(other)}).hash
