"""A Book that the law does not support is refused as a whole, with every finding at once."""

import os
import re
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from contracts.book import load
from contracts.errors import BookRefused, Finding
from contracts.folder import SHIPPED
from contracts.objections import EMPTY, FORM, SENTENCES
from contracts.source import MAX_BYTES
from tests.contracts.books import BASES, SOUND, Edits, contract, edited, refused, ruled, write
from tests.contracts.faulty import CATALOGUE, CITED, ITEMS, MEND, NUMBERED, PEOPLE, Faulty, granted

OF_FILES = {"bad-encoding", "unreadable", "too-large", "closed-list", "no-contract"}
"""Objections to a folder and to files that cannot be read at all: each has a test of its own below."""


@pytest.fixture(scope="module")
def meets(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Faulty], tuple[Finding, ...]]:
    """Every finding that a faulty contract meets, out of a folder of its own; each is read once."""

    @cache
    def found(faulty: Faulty) -> tuple[Finding, ...]:
        folder = tmp_path_factory.mktemp("book")
        if faulty.beside is not None:
            write(folder, edited(SOUND, faulty.beside), "akago")
        return refused(write(folder, edited(SOUND, faulty.edits), faulty.name))

    return found


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def test_the_sound_contract_is_accepted(tmp_path: Path) -> None:
    assert refused(write(tmp_path, SOUND)) == ()


@pytest.mark.parametrize("faulty", CATALOGUE, ids=lambda faulty: faulty.title)
def test_a_faulty_contract_is_refused_by_file_line_and_reason(
    meets: Callable[[Faulty], tuple[Finding, ...]], faulty: Faulty
) -> None:
    findings = meets(faulty)
    assert sorted(codes(findings)) == faulty.codes
    found = next(finding for finding in findings if finding.code == faulty.code)
    assert Path(found.file).parts[-2:] == ("subscribers", f"{faulty.name}.toml")
    assert faulty.line == found.line


@pytest.mark.parametrize("faulty", CATALOGUE, ids=lambda faulty: faulty.title)
def test_a_refusal_says_in_both_languages_which_contract_which_word_and_what_to_mend(
    meets: Callable[[Faulty], tuple[Finding, ...]], faulty: Faulty
) -> None:
    japanese, english = MEND[faulty.code]
    said = [finding.message for finding in meets(faulty) if finding.code == faulty.code]
    of_the_file = faulty.code in ("bad-toml", "control-character")  # what is not read further is known by its file
    whose = () if of_the_file else (f"契約 {faulty.name}：",)
    assert [word for word in (*whose, *faulty.words, japanese) if all(word not in each.ja for each in said)] == []
    theirs = () if of_the_file else (f"contract {faulty.name}: ",)
    assert [word for word in (*theirs, *faulty.words, english) if all(word not in each.en for each in said)] == []


def test_every_objection_to_a_contract_has_a_faulty_contract_that_meets_it() -> None:
    known = {*SENTENCES, *(code for code, _ in EMPTY.values())}
    of_forms = {code for code in FORM if not code.startswith("law-")} - {"bad-age", "too-deep"}  # words of other codes
    assert (known | of_forms) - OF_FILES == {faulty.code for faulty in CATALOGUE} == set(MEND)


SAID = {**SENTENCES, **FORM, **dict(EMPTY.values())}


@pytest.mark.parametrize("code", SAID)
def test_a_sentence_says_the_same_in_both_languages(code: str) -> None:
    ja, en = (set(re.findall(r"{(\w+)}", text)) for text in (SAID[code].ja, SAID[code].en))
    assert (ja, SAID[code].ja != SAID[code].en) == (en, True)


@pytest.mark.parametrize("code", SAID)
def test_the_japanese_sentence_is_japanese_and_the_english_one_english(code: str) -> None:
    kana = re.compile(r"[\u3041-\u3096]")
    assert kana.search(SAID[code].ja)
    assert not kana.search(re.sub(r"住基法\S+|の|日", "", SAID[code].en))


def test_all_findings_of_all_contracts_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, edited(SOUND, (('protected  = "deliver"', ""), ("age_from = 0", "age_from = 19"))), "first")
    write(tmp_path, edited(SOUND, (('"続柄"]', '"続柄", "顔"]'), ("always     = []", "surprise   = 1"))), "second")
    write(tmp_path, "subscriber = \n", "third")
    assert [(Path(finding.file).stem, finding.line, finding.code) for finding in refused(tmp_path)] == [
        ("first", 1, "no-protection-rule"), ("first", 10, "bad-population"), ("second", 2, "same-purpose-twice"),
        ("second", 5, "unknown-key"), ("second", 6, "unknown-item"), ("third", 1, "bad-toml"),
    ]  # fmt: skip


def test_the_findings_of_the_law_are_told_with_those_of_the_contracts(tmp_path: Path) -> None:
    bases = ruled("番号法22条", "permits = []", 'permits = ["顔"]')
    write(tmp_path, edited(SOUND, (('via        = "topic"', ""),)), bases=bases)
    assert [(Path(finding.file).name, finding.code) for finding in refused(tmp_path)] == [
        ("bases.toml", "unknown-item"), ("kosodate.toml", "no-way"),
    ]  # fmt: skip


ONE_YEAR = (("from = 2026-04-01", "from = 2026-04-01, until = 2027-03-31"),)
APART = (
    ("the next year", ONE_YEAR, (("from = 2026-04-01", "from = 2027-04-01"),)),
    ("another purpose", (), (('"児童手当の支給"', '"児童手当その他の子ども・子育て支援の給付"'),)),
    ("another section", (), (('"子ども政策課"', '"子育て支援課"'),)),
)


@pytest.mark.parametrize(("title", "one", "other"), APART, ids=[each[0] for each in APART])
def test_contracts_are_no_twins(title: str, one: Edits, other: Edits, tmp_path: Path) -> None:
    write(tmp_path, edited(SOUND, one), "one")
    write(tmp_path, edited(SOUND, other), "other")
    assert list(load(tmp_path).contracts) == ["one", "other"]


def test_a_finding_names_file_line_contract_item_article_and_what_to_mend(tmp_path: Path) -> None:
    findings = refused(write(tmp_path, edited(SOUND, (('"続柄"]', '"続柄", "戸籍の表示"]'),))))
    place = f"{tmp_path}/subscribers/kosodate.toml:6: "
    japanese = (
        "契約 kosodate：「戸籍の表示」（住基法7(5)）の提供を許す根拠がない（挙げた根拠：番号法9条1項別表81, "
        "庁内連携条例, 庁内連携条例・子ども）。許す根拠を挙げるか、items から削る [item-not-permitted]"
    )
    english = (
        "contract kosodate: 戸籍の表示 (住基法7(5)) is permitted by none of its bases (番号法9条1項別表81, "
        "庁内連携条例, 庁内連携条例・子ども): cite a basis that permits it, or take it out of items "
        "[item-not-permitted]"
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


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (write(tmp_path, SOUND) / "subscribers/folder.toml").mkdir()
    assert codes(refused(tmp_path)) == ["unreadable"]


def test_a_file_that_is_nested_beyond_reason_is_refused(tmp_path: Path) -> None:
    findings = refused(write(tmp_path, "hears = " + "[" * 100_000 + "]" * 100_000))
    assert [(finding.code, finding.message) for finding in findings] == [("bad-toml", FORM["too-deep"])]


def test_contracts_may_lie_in_the_folder_itself(tmp_path: Path) -> None:
    (tmp_path / "kosodate.toml").write_text(SOUND, encoding="utf-8")
    assert list(load(tmp_path).contracts) == ["kosodate"]


def test_a_granted_item_follows_the_others(tmp_path: Path) -> None:
    told = contract(tmp_path, ("granted    = []", granted()))
    assert told.permitted(date(2026, 4, 1)) == (*told.items, "nationality")


def test_an_item_that_a_basis_permits_only_when_granted_is_refused_without_a_grant(tmp_path: Path) -> None:
    text = edited(SOUND, (('conditional = ["国籍等"]', "conditional = []"), ('"続柄"]', '"続柄", "国籍等"]')))
    assert codes(refused(write(tmp_path, text))) == ["item-not-permitted"]


@pytest.mark.parametrize(("named", "expected"), [
    ("国籍等", []), ("日本国民か否か", []), ("戸籍の表示", ["derived-item-not-permitted"]),
])  # fmt: skip
def test_a_derived_item_is_covered_by_its_sources_or_by_a_basis_of_its_own(
    tmp_path: Path, named: str, expected: list[str]
) -> None:
    bases = ruled("庁内連携条例・子ども", 'permits = ["旧氏"', f'permits = ["{named}", "旧氏"')
    text = edited(SOUND, (('"続柄"]', '"続柄", "日本国民か否か"]'),))
    assert codes(refused(write(tmp_path, text, bases=bases))) == expected


def test_a_granted_source_covers_a_granted_item_and_no_other(tmp_path: Path) -> None:
    derived = (('["国籍等"]', '["国籍等", "日本国民か否か"]'), ("granted    = []", granted(item='"日本国民か否か"')))
    assert refused(write(tmp_path / "granted", edited(SOUND, derived))) == ()
    plain = (("granted    = []", granted()), ('"続柄"]', '"続柄", "日本国民か否か"]'))
    assert codes(refused(write(tmp_path / "plain", edited(SOUND, plain)))) == ["derived-item-not-permitted"]


@pytest.mark.parametrize("law", ["庁内連携条例", "住基法"])
def test_no_ordinance_and_no_other_act_replaces_the_number_act(tmp_path: Path, law: str) -> None:
    permits = 'article = "（市の条例、番号法9条2項）別表・子どもの項"\npermits = ['
    bases = ruled("庁内連携条例・子ども", f'law = "庁内連携条例"\n{permits}', f'law = "{law}"\n{permits}"個人番号", ')
    text = edited(SOUND, (('["番号法9条1項別表81", ', "["), ('"続柄"]', '"続柄", "個人番号"]')))
    assert codes(refused(write(tmp_path, text, bases=bases))) == ["my-number-without-number-act"]


def test_a_basis_that_names_a_kind_permits_its_mere_occurrence(tmp_path: Path) -> None:
    bases = ruled("庁内連携条例・子ども", "when_granted", 'always = ["世帯"]\nwhen_granted')
    for always, expected in (("世帯", []), ("世帯主変更", []), ("支援措置", ["always-not-permitted"])):
        text = edited(SOUND, (("always     = []", f'always     = ["{always}"]'),))
        assert codes(refused(write(tmp_path, text, bases=bases))) == expected


FULFILLED = (
    ("nationals, of whom 日本国民か否か is told", "japanese = true", "日本国民か否か", "公職選挙法21条1項",
     "選挙人名簿の登録"),
    ("nationals, of whom 戸籍の表示 is told", "japanese = true", "戸籍の表示", "住基法19条1項",
     "戸籍の附票の記載事項の本籍地の市区町村長への通知"),
    ("foreigners, of whom 国籍等 is told", "japanese = false", "国籍等", "入管法61条の8の2",
     "外国人住民の住民票の記載等の出入国在留管理庁長官への通知"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("title", "people", "item", "basis", "purpose"), FULFILLED, ids=[each[0] for each in FULFILLED]
)
def test_a_limit_is_lawful_where_what_it_tells_may_be_told(
    title: str, people: str, item: str, basis: str, purpose: str, tmp_path: Path
) -> None:
    text = edited(SOUND, (
        ('"児童手当の支給"', f'"{purpose}"'), (f"[{CITED}]", f'["{basis}"]'), (ITEMS, f'"{item}", "氏名"'),
        (PEOPLE, people), (NUMBERED, 'identifier = "氏名"'), ('["国籍等"]', "[]"),
    ))  # fmt: skip
    bases = BASES if basis != "公職選挙法21条1項" else ruled(basis, '"日本国民か否か"', '"日本国民か否か", "氏名"')
    assert refused(write(tmp_path, text, bases=bases)) == ()


@pytest.mark.parametrize(("until", "expected"), [
    ("2026-03-31", ["basis-not-in-force"]), ("2027-03-30", ["basis-not-in-force"]), ("2027-03-31", []),
    ("2099-12-31", []),
])  # fmt: skip
def test_a_basis_must_be_in_force_as_long_as_the_contract(tmp_path: Path, until: str, expected: list[str]) -> None:
    bases = ruled("番号法9条1項別表81", "{ from = 2025-06-20 }", f"{{ from = 2025-06-20, until = {until} }}")
    text = edited(SOUND, (("from = 2026-04-01", "from = 2026-04-01, until = 2027-03-31"),))
    assert expected == [finding.code for finding in refused(write(tmp_path, text, bases=bases))]


def test_an_open_contract_needs_an_open_basis(tmp_path: Path) -> None:
    bases = ruled("庁内連携条例・子ども", "{ from = 2025-04-01 }", "{ from = 2025-04-01, until = 2099-12-31 }")
    assert [finding.code for finding in refused(write(tmp_path, SOUND, bases=bases))] == ["basis-not-in-force"]


FAULTY_LAW = (
    ('permits = ["個人番号", "児童手当の受給資格事項"]', 'permits = ["顔"]', "unknown-item"),
    ('always = ["個人番号"]', 'always = ["結婚"]', "unknown-kind"),
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
    assert old in BASES
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


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    os.mkfifo(tmp_path / "subscribers" / "pipe.toml")
    (tmp_path / "subscribers" / "endless.toml").symlink_to("/dev/zero")
    assert [finding.code for finding in refused(tmp_path)] == ["unreadable", "unreadable"]


def test_a_file_that_is_larger_than_any_law_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, SOUND + "#" * MAX_BYTES)
    assert [finding.code for finding in refused(tmp_path)] == ["too-large"]


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2Jb", "a\u202eb"])
def test_a_finding_is_one_line_of_what_can_be_seen(tmp_path: Path, name: str) -> None:
    [said] = [str(finding) for finding in refused(write(tmp_path, SOUND, name))]
    assert all(each.isprintable() or each == "\u3000" for each in said)


def test_a_basis_may_permit_the_reason_alone(tmp_path: Path) -> None:
    text = edited(SOUND, (('["記載", "消除", "修正", "世帯", "個人番号", "支援措置"]', '["記載", "個人番号"]'),
                          ('"続柄"]', '"続柄", "異動事由"]')))  # fmt: skip
    assert [finding.code for finding in refused(write(tmp_path, text))] == ["reason-tells"]
    bases = ruled("庁内連携条例・子ども", 'reasons = ["外国人"]', 'reasons = ["個人番号"]')
    assert refused(write(tmp_path, text, bases=bases)) == ()
