"""The last thing that is allowed and the first that is not: days, ages and dates, on both sides of each limit."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.dates import is_date
from tests.contracts.agreed import agreed
from tests.contracts.books import SOUND, contract, edited, refused, write

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
