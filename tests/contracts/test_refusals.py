"""A Book that the law does not support is refused as a whole, with every finding at once."""

from datetime import date
from pathlib import Path

import pytest

from contracts.book import load
from contracts.errors import BookRefused
from contracts.folder import SHIPPED
from contracts.objections import EMPTY, SENTENCES
from tests.contracts.books import SOUND, contract, edited, refused, write
from tests.contracts.faulty import CATALOGUE, Faulty

BASES = (SHIPPED / "law" / "bases.toml").read_text(encoding="utf-8")


def test_the_sound_contract_is_accepted(tmp_path: Path) -> None:
    assert refused(write(tmp_path, SOUND)) == ()


@pytest.mark.parametrize("faulty", CATALOGUE, ids=lambda faulty: faulty.title)
def test_a_faulty_contract_is_refused_by_file_line_and_reason(tmp_path: Path, faulty: Faulty) -> None:
    findings = refused(write(tmp_path, edited(SOUND, faulty.edits)))
    found = next((finding for finding in findings if finding.code == faulty.code), None)
    assert found is not None, findings
    assert (tmp_path / "subscribers/kosodate.toml").samefile(found.file)
    assert faulty.line == found.line
    said = f"{found.message.ja} {found.message.en}"
    assert [word for word in faulty.words if word not in said] == []


@pytest.mark.parametrize("faulty", [each for each in CATALOGUE if each.alone], ids=lambda faulty: faulty.title)
def test_one_fault_is_one_finding(tmp_path: Path, faulty: Faulty) -> None:
    assert [faulty.code] == [finding.code for finding in refused(write(tmp_path, edited(SOUND, faulty.edits)))]


def test_every_objection_has_a_faulty_contract_that_meets_it() -> None:
    known = {*SENTENCES, *(code for code, _ in EMPTY.values())} - {"bad-name"}
    assert known - {faulty.code for faulty in CATALOGUE} == set()


def test_all_findings_of_all_contracts_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, edited(SOUND, (('protected  = "deliver"', ""), ("age_from = 0", "age_from = 19"))), "first")
    write(tmp_path, edited(SOUND, (('"続柄"]', '"続柄", "顔"]'), ("always     = []", "surprise   = 1"))), "second")
    codes = [finding.code for finding in refused(tmp_path)]
    assert codes == ["no-protection-rule", "bad-population", "unknown-key", "unknown-item"]


def test_a_finding_names_file_line_contract_item_article_and_what_to_mend(tmp_path: Path) -> None:
    findings = refused(write(tmp_path, edited(SOUND, (('"続柄"]', '"続柄", "戸籍の表示"]'),))))
    place = f"{tmp_path}/subscribers/kosodate.toml:6: "
    japanese = (
        "契約 kosodate：「戸籍の表示」（住基法7(5)）の提供を許す根拠がない（挙げた根拠：番号法9条1項別表81, 庁内連携条例）。"
        "許す根拠を挙げるか、items から削る [item-not-permitted]"
    )
    english = (
        "contract kosodate: 戸籍の表示 (住基法7(5)) is permitted by none of its bases (番号法9条1項別表81, 庁内連携条例): cite a "
        "basis that permits it, or take it out of items [item-not-permitted]"
    )
    assert [place + japanese] == [str(finding) for finding in findings]
    assert [place + english] == [finding.told("en") for finding in findings]


def test_no_book_no_process(tmp_path: Path) -> None:
    assert [finding.code for finding in refused(tmp_path)] == ["no-contract"]
    assert [finding.code for finding in refused(tmp_path / "nowhere")] == ["no-contract"]


def test_one_faulty_contract_refuses_the_whole_book(tmp_path: Path) -> None:
    write(tmp_path, SOUND, "sound")
    write(tmp_path, edited(SOUND, (('protected  = "deliver"', ""),)), "faulty")
    with pytest.raises(BookRefused):
        load(tmp_path)


@pytest.mark.parametrize("name", ["Kosodate", "子ども", "kosodate_2", "-kosodate", "k" * 61, "2nd"])
def test_a_contract_is_named_in_kebab_case(tmp_path: Path, name: str) -> None:
    assert [finding.code for finding in refused(write(tmp_path, SOUND, name))] == ["bad-name"]


def test_a_broken_file_is_told_by_line_and_never_by_content(tmp_path: Path) -> None:
    findings = refused(write(tmp_path, "subscriber = \nSECRET = [\n"))
    assert [finding.code for finding in findings] == ["bad-toml"]
    assert "SECRET" not in str(findings)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    (tmp_path / "subscribers/kosodate.toml").write_bytes(SOUND.encode("cp932"))
    assert [finding.code for finding in refused(tmp_path)] == ["bad-encoding"]


def test_contracts_may_lie_in_the_folder_itself(tmp_path: Path) -> None:
    (tmp_path / "kosodate.toml").write_text(SOUND, encoding="utf-8")
    assert list(load(tmp_path).contracts) == ["kosodate"]


def test_a_granted_item_follows_the_others(tmp_path: Path) -> None:
    granted = '[{ item = "国籍等", by = "総務部法務", on = 2026-03-20, ref = "第9号" }]'
    told = contract(tmp_path, ("granted    = []", f"granted    = {granted}"))
    assert told.permitted(date(2026, 4, 1)) == (*told.items, "nationality")


def test_an_item_that_a_basis_permits_only_when_granted_is_refused_without_a_grant(tmp_path: Path) -> None:
    text = edited(SOUND, (("conditional = [\"国籍等\"]", "conditional = []"), ('"続柄"]', '"続柄", "国籍等"]')))
    assert [finding.code for finding in refused(write(tmp_path, text))] == ["item-not-permitted"]


def test_a_derived_item_is_covered_by_all_its_sources(tmp_path: Path) -> None:
    bases = edited(BASES, (('"続柄",\n  "消除年月日"', '"続柄", "国籍等",\n  "消除年月日"'),))
    text = edited(SOUND, (('"続柄"]', '"続柄", "日本国民か否か"]'),))
    assert refused(write(tmp_path, text, bases=bases)) == ()


def test_a_derived_item_is_covered_by_a_basis_of_its_own(tmp_path: Path) -> None:
    bases = edited(BASES, (('"続柄",\n  "消除年月日"', '"続柄", "日本国民か否か",\n  "消除年月日"'),))
    text = edited(SOUND, (('"続柄"]', '"続柄", "日本国民か否か"]'),))
    assert refused(write(tmp_path, text, bases=bases)) == ()


@pytest.mark.parametrize("basis", ["庁内連携条例", "住基法30条の6第1項"])
def test_no_ordinance_and_no_other_act_replaces_the_number_act(tmp_path: Path, basis: str) -> None:
    bases = edited(BASES, (('"続柄",\n  "消除年月日"', '"続柄", "個人番号",\n  "消除年月日"'),))
    text = edited(SOUND, (
        ('["番号法9条1項別表81", "庁内連携条例"]', f'["{basis}"]'), ('identifier = "宛名番号"', 'identifier = "氏名"'),
        ('"宛名番号", "氏名", "生年月日", "住所", "続柄"', '"個人番号", "氏名"'),
    ))  # fmt: skip
    assert [found.code for found in refused(write(tmp_path, text, bases=bases))] == ["my-number-without-number-act"]


@pytest.mark.parametrize(("until", "expected"), [
    ("2026-03-31", ["basis-not-in-force"]), ("2027-03-30", ["basis-not-in-force"]), ("2027-03-31", []),
    ("2099-12-31", []),
])  # fmt: skip
def test_a_basis_must_be_in_force_as_long_as_the_contract(tmp_path: Path, until: str, expected: list[str]) -> None:
    article = 'source = "番号法9条1項、別表81の項'
    bases = BASES.replace(f"in_force = {{ from = 2025-06-20 }}\n{article}",
                          f"in_force = {{ from = 2025-06-20, until = {until} }}\n{article}")  # fmt: skip
    assert bases != BASES
    text = edited(SOUND, (("from = 2026-04-01", "from = 2026-04-01, until = 2027-03-31"),))
    assert expected == [finding.code for finding in refused(write(tmp_path, text, bases=bases))]


def test_an_open_contract_needs_an_open_basis(tmp_path: Path) -> None:
    bases = BASES.replace("in_force = { from = 2025-04-01 }", "in_force = { from = 2025-04-01, until = 2099-12-31 }")
    assert [finding.code for finding in refused(write(tmp_path, SOUND, bases=bases))] == ["basis-not-in-force"]


FAULTY_LAW = (
    ('permits = ["個人番号", "児童手当の受給資格事項"]', 'permits = ["顔"]', "unknown-item"),
    ('certainty = "U"', 'certainty = "maybe"', "bad-value"),
    ('law = "番号法"', "law = 9", "bad-type"),
    ('article = "19条7号"', "", "missing-key"),
    ('article = "22条"', 'article = "22条"\nreliable = true', "unknown-key"),
    ("in_force = { from = 2025-06-20 }", "in_force = { from = 2025-06-20, until = 2025-06-19 }", "bad-period"),
    ('[bases."番号法22条"]', '[reasons."番号法22条"]', "unknown-key"),
    ('[bases."番号法22条"]', '[bases."番号法22条"', "bad-toml"),
)


@pytest.mark.parametrize(("old", "new", "code"), FAULTY_LAW)
def test_a_faulty_law_is_refused_like_a_faulty_contract(tmp_path: Path, old: str, new: str, code: str) -> None:
    findings = refused(write(tmp_path, SOUND, bases=BASES.replace(old, new, 1)))
    assert code in [finding.code for finding in findings if finding.file.endswith("bases.toml")]


@pytest.mark.parametrize("name", ["items.toml", "kinds.toml"])
def test_items_and_kinds_are_closed_lists(tmp_path: Path, name: str) -> None:
    shipped = (SHIPPED / "law" / name).read_text(encoding="utf-8")
    write(tmp_path, SOUND, bases=BASES)
    (tmp_path / "law" / name).write_text(shipped, encoding="utf-8")
    assert refused(tmp_path) == ()
    (tmp_path / "law" / name).write_text(shipped.replace('ja = "', 'ja = "新', 1), encoding="utf-8")
    assert [finding.code for finding in refused(tmp_path)] == ["closed-list"]
