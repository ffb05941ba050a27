"""The last thing that is allowed and the first that is not: days, ages and dates, on both sides of each limit."""

# ruff: noqa: E501 - tables are read line by line, one case in each

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.articles import supporting
from contracts.book import load
from contracts.dates import is_date
from contracts.law import items
from tests.contracts.agreed import agreed, outcome
from tests.contracts.books import SOUND, Edits, contract, edited, refused, ruled, write
from tests.contracts.faulty import CATALOGUE, Faulty
from tests.people import change, record

BOOK = load()

FIRST = date(2026, 4, 1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(("on", "expected"), [
    (FIRST - 31 * DAY, False), (FIRST - 30 * DAY, True), (FIRST - DAY, True), (FIRST, False), (FIRST + DAY, False),
])  # fmt: skip
def test_a_contract_is_on_trial_until_the_day_before_it_is_in_force(on: date, expected: bool) -> None:
    assert agreed(shadow_from=FIRST - 30 * DAY).in_shadow(on) is expected


def test_a_contract_without_a_trial_is_never_on_trial() -> None:
    assert agreed().in_shadow(FIRST - DAY) is False


DATES: list[tuple[Any, bool]] = [
    ("2026-12-31", True), ("2026-13-01", False), ("2026-00-01", False), ("2026-1-01", False), ("2026-01-1", False),
    ("2026-01-01 ", False), ("0001-01-01", True), ("0000-01-01", False), ("9999-12-31", True),
    ({"year": 1}, True), ({"year": 0}, False), ({"year": 9999}, True), ({"year": 10000}, False),
    ({"month": 1}, True), ({"month": 0}, False), ({"month": 12}, True), ({"month": 13}, False),
    ({"day": 1}, True), ({"day": 0}, False), ({"day": 31}, True), ({"day": 32}, False),
    ({"month": 2, "day": 29}, True), ({"month": 2, "day": 30}, False), ({"month": 4, "day": 30}, True),
    ({"month": 4, "day": 31}, False), ({"year": 2025, "month": 2, "day": 29}, False),
    ({"year": 2024, "month": 2, "day": 29}, True), ({"year": True}, False), ({"year": "2026"}, False),
    ({"text": 7}, False), ({"text": "不詳"}, True), ({"era": "令和"}, False), ({}, True), (None, False), ([], False),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), DATES)
def test_a_date_exists_or_is_refused(value: Any, expected: bool) -> None:
    assert is_date(value) is expected


SOUND_STILL = [
    ("approved on its first day", "on = 2026-03-20", "on = 2026-04-01"),
    ("in force for one day", "from = 2026-04-01", "from = 2026-04-01, until = 2026-04-01"),
    ("on trial until the day before", "in_force   =", "shadow_from = 2026-03-31\nin_force   ="),
    ("of one age", "age_from = 0", "age_from = 18"),
    ("the first load, named by who keeps a copy", '"支援措置"]', '"支援措置", "初期登録"]'),
]


@pytest.mark.parametrize(("old", "new"), [case[1:] for case in SOUND_STILL], ids=[case[0] for case in SOUND_STILL])
def test_what_is_just_allowed_is_sound(tmp_path: Path, old: str, new: str) -> None:
    assert refused(write(tmp_path, edited(SOUND, ((old, new),)))) == ()


@pytest.mark.parametrize(("old", "new", "code"), [
    ("on = 2026-03-20", "on = 2026-04-02", "approved-too-late"),
    ("from = 2026-04-01", "from = 2026-04-01, until = 2026-03-31", "bad-period"),
    ("in_force   =", "shadow_from = 2026-04-01\nin_force   =", "bad-shadow"),
    ("age_from = 0", "age_from = 19", "bad-population"),
])  # fmt: skip
def test_what_is_just_not_allowed_is_refused(tmp_path: Path, old: str, new: str, code: str) -> None:
    assert [finding.code for finding in refused(write(tmp_path, edited(SOUND, ((old, new),))))] == [code]


@pytest.mark.parametrize(("mirror", "expected"), [("true", True), ("false", False)])
def test_the_first_load_is_heard_by_who_keeps_a_copy(tmp_path: Path, mirror: str, expected: bool) -> None:
    loaded = contract(tmp_path, ("mirror     = true", f"mirror     = {mirror}"))
    assert ("SNAPSHOT" in loaded.hears) is expected
    assert "POPULATION_REVIEW" in loaded.hears


@pytest.mark.parametrize("lacking", ["subscriber", "purpose", "in_force"])
def test_what_is_missing_twice_is_not_the_same_twice(tmp_path: Path, lacking: str) -> None:
    lines = [line for line in SOUND.splitlines() if not line.startswith(lacking)]
    for name in ("first", "second"):
        write(tmp_path, "\n".join(lines), name)
    assert "same-purpose-twice" not in [finding.code for finding in refused(tmp_path)]


def test_becoming_japanese_is_inaudible_to_who_may_not_know_it() -> None:
    naturalised = change("RELOCATE", record(nationality="KOR"), record(nationality=None))
    assert outcome(naturalised, agreed()) == "nothing-changed"
    assert outcome(naturalised, agreed(items=("atena_no", "is_japanese"))) == "inside"


def test_one_of_two_sources_does_not_let_a_derived_item_through() -> None:
    item = replace(items()["is_japanese"], derived_from=("nationality", "honseki"))
    one, other = (replace(BOOK.bases["庁内連携条例"], permits=frozenset({each})) for each in item.derived_from)
    assert supporting(item, [one], granted=False) == ()
    assert supporting(item, [one, other], granted=False) == (one, other)


# Where and in which words


@pytest.mark.parametrize("faulty", CATALOGUE, ids=lambda faulty: faulty.title)
def test_an_objection_stands_in_the_line_of_its_key_though_its_words_stand_elsewhere_too(
    tmp_path: Path, faulty: Faulty
) -> None:
    text = edited(SOUND, faulty.edits)
    if faulty.beside is not None:
        write(tmp_path, edited(SOUND, faulty.beside), "akago")
    words = " ".join(re.findall(r'"[^"\n]*"', text))
    found = [each for each in refused(write(tmp_path, f"# {words}\n{text}", faulty.name)) if each.code == faulty.code]
    assert found[0].line in ({1, 2} if faulty.line == 1 else {faulty.line + 1})  # what is nowhere stands in line 1


SAID: list[tuple[str, Edits, str, str]] = [
    ("ends before its basis does not", (("from = 2026-04-01", "from = 2025-05-01, until = 2027-03-31"),),
     "の効力は2025-06-20から期限なしまで、契約の効力は2025-05-01から2027-03-31まで",
     "is in force from 2025-06-20 until further notice, the contract from 2025-05-01 until 2027-03-31"),
    ("never ends", (("from = 2026-04-01", "from = 2025-05-01"),), "契約の効力は2025-05-01から期限なしまで",
     "the contract from 2025-05-01 until further notice"),
    ("is always told", (("always     = []", 'always     = ["世帯"]'),),
     "（挙げた根拠：番号法9条1項別表81, 庁内連携条例, 庁内連携条例・子ども）",
     "(番号法9条1項別表81, 庁内連携条例, 庁内連携条例・子ども)"),
    ("is limited by age", (('"生年月日", ', ""),), "対象者を年齢で限ると、知らせの有無だけで年齢が伝わるが、年齢を示す項目（生年月日）",
     "limited by age tells it by every notice, and by none; but the contract has none of the items that say so (生年月日)"),
    ("is limited to nationals", (("age_from = 0, age_to = 18", "japanese = true"),),
     "日本国民か否かを示す項目（国籍等、日本国民か否か、戸籍の表示）",
     "limited by Japanese nationality tells it by every notice, and by none; but the contract has none of the items that say so (国籍等、日本国民か否か、戸籍の表示)"),
    ("has what is derived", (('"続柄"]', '"続柄", "日本国民か否か"]'),), "は国籍等から導かれる項目で", "is derived from 国籍等;"),
    ("has a grant that begins too late", (("from = 2026-04-01", "from = 2026-04-01, until = 2026-12-31"), ("granted    = []",
     'granted    = [{ item = "国籍等", by = "総務部法務", on = 2027-01-01, ref = "第9号" }]')),
     "「国籍等」を認める期間（2027-01-01から期限なしまで）", "国籍等 is granted from 2027-01-01 until further notice"),
    ("has the code", (('"続柄"]', '"続柄", "住民票コード"]'),), "「住民票コード」（住基法7条13号）は庁内の課には",
     "住民票コード (住基法7条13号) is for no department"),
]  # fmt: skip


@pytest.mark.parametrize(("edits", "japanese", "english"), [each[1:] for each in SAID], ids=[each[0] for each in SAID])
def test_the_facts_of_an_objection_are_told_in_both_languages(
    tmp_path: Path, edits: Edits, japanese: str, english: str
) -> None:
    said = refused(write(tmp_path, edited(SOUND, edits)))
    assert [each for each in said if japanese in each.told("ja")] != []
    assert [each for each in said if english in each.told("en")] != []


def test_a_basis_that_ends_says_on_which_day_and_is_named(tmp_path: Path) -> None:
    ending = ruled("庁内連携条例", "from = 2025-04-01 }", "from = 2025-04-01, until = 2026-06-30 }")
    said = [each.told("ja") for each in refused(write(tmp_path, SOUND, bases=ending))]
    assert [each for each in said if "根拠「庁内連携条例」" in each and "2025-04-01から2026-06-30まで" in each] != []


def test_the_purposes_of_a_basis_are_told_one_by_one(tmp_path: Path) -> None:
    two = ruled("番号法9条1項別表81", 'purposes = ["児童手当の支給"', 'purposes = ["介護", "年金"')
    said = [each.told("ja") for each in refused(write(tmp_path, SOUND, bases=two))]
    assert [each for each in said if "の目的（介護、年金" in each] != []


@pytest.mark.parametrize("limit", ["shadow_from = 2026-03-31", 'granted = [{ item = "国籍等", by = "a", on = 2026-04-01, ref = "b" }]'])
def test_without_a_period_only_the_period_is_missing(tmp_path: Path, limit: str) -> None:
    text = edited(SOUND, (("in_force   = { from = 2026-04-01 }", ""), ("granted    = []\n", "")))
    assert [each.code for each in refused(write(tmp_path, f"{limit}\n{text}"))] == ["no-period"]
