"""The rules of retention: as they stand in the file, and from which day on something is due."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.errors import JukiError
from contracts.retention import FILE, Period, Rule, rules

DAYS = st.dates(date(1990, 1, 1), date(2200, 1, 1))
SOUND: dict[str, Any] = {
    "what": "届出書", "law": "住基令", "article": "34条4項", "keep": {"years": 1}, "since": "filed", "holds": "notices",
    "ends": "by-rule", "source": "住基令34条4項", "certainty": "S",
}  # fmt: skip


def ends(began: date, months: int) -> date:
    """民法140条, 143条 the other way round: the last day of a period of months that began on that day."""
    start = began + timedelta(days=1)
    month = start.year * 12 + start.month - 1 + months
    try:
        return date(month // 12, month % 12 + 1, start.day) - timedelta(days=1)
    except ValueError:  # no such day: the last of the month
        return date((month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)


@given(DAYS, st.one_of(st.builds(dict, years=st.integers(1, 150)), st.builds(dict, months=st.integers(1, 30))))
def test_a_period_of_months_or_years_is_over_on_the_day_that_civil_law_says(today: date, keep: dict[str, int]) -> None:
    months = keep.get("months", 0) + 12 * keep.get("years", 0)
    last = Period.model_validate(keep).before(today)
    assert ends(last, months) < today <= ends(last + timedelta(days=1), months)


@given(DAYS, st.integers(1, 4000))
def test_a_period_of_days_keeps_so_many_whole_days(today: date, days: int) -> None:
    assert (today - Period(days=days).before(today)).days == days + 1


@pytest.mark.parametrize(("keep", "today", "last"), [
    ({"days": 7}, date(2026, 4, 9), date(2026, 4, 1)), ({"years": 1}, date(2026, 4, 2), date(2025, 4, 1)),
    ({"years": 1}, date(2028, 2, 29), date(2027, 2, 27)), ({"years": 1}, date(2028, 3, 1), date(2027, 2, 28)),
    ({"years": 150}, date(2026, 4, 2), date(1876, 4, 1)), ({"months": 1}, date(2026, 3, 31), date(2026, 2, 27)),
    ({"years": 1000}, date(900, 1, 1), date.min),
])  # fmt: skip
def test_what_began_on_these_days_is_over(keep: dict[str, int], today: date, last: date) -> None:
    assert Period.model_validate(keep).before(today) == last


def test_the_rules_are_those_that_lawyers_have_read() -> None:
    found = {key: (rule.name, rule.keep.ja, rule.ends, rule.certainty) for key, rule in rules().items()}
    assert found == {
        "topic-days": ("番号法20条", "7日間", "by-rule", "U"),
        "change-days": ("番号法20条", "7日間", "by-persons", "U"),
        "notices": ("住基令34条4項", "1年間", "by-rule", "S"),
        "removed-records": ("住基令34条1項", "150年間", "by-nobody", "S"),
        "removed-records-before": ("住基令34条1項（2019-06-20改正前）", "5年間", "by-nobody", "K"),
        "identity-information": ("住基令34条2項", "150年間", "by-nobody", "S"),
        "provision-records": ("番号法23条、番号法施行令29条", "7年間", "by-nobody", "K"),
        "operations": ("評価書記録の保存", "7年間", "by-nobody", "K"),
    }


def test_what_is_not_sure_says_why() -> None:
    assert [key for key, rule in rules().items() if rule.certainty == "U" and not rule.remark] == []


def test_every_word_that_a_rule_uses_is_explained_in_its_file() -> None:
    head = "".join(line for line in FILE.read_text("utf-8").splitlines(keepends=True) if line.startswith("#"))
    used = {word for rule in rules().values() for word in (rule.since, rule.holds, rule.ends)}
    assert {word for word in used if f" {word} " not in head} == set()


def test_an_older_rule_ends_where_the_newer_begins() -> None:
    before, now = rules()["removed-records-before"], rules()["removed-records"]
    assert before.in_force.until + timedelta(days=1) == now.in_force.since
    assert (before.due_until(date(2026, 4, 1)), now.due_until(date(2026, 4, 1)).year) == (date(2014, 6, 19), 1876)


@pytest.mark.parametrize("wrong", [
    {"keep": {}}, {"keep": {"days": 1, "years": 1}}, {"keep": {"weeks": 1}}, {"keep": {"days": -1}},
    {"holds": "everything"}, {"ends": "soon"}, {"since": "born"}, {"certainty": "X"}, {"what": ""}, {"article": ""},
    {"remove": True},
])  # fmt: skip
def test_a_rule_that_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    assert Rule.model_validate(SOUND).keep.years == 1
    with pytest.raises(ValidationError):
        Rule.model_validate(SOUND | wrong)


def test_a_book_may_bring_rules_of_its_own_and_one_that_is_broken_is_refused_by_its_place(tmp_path: Path) -> None:
    assert rules(tmp_path / "without") == rules()
    (tmp_path / "law").mkdir()
    shipped = FILE.read_text("utf-8")
    (tmp_path / "law" / FILE.name).write_text(shipped.replace("days = 7", "days = 14"), "utf-8")
    assert rules(tmp_path)["topic-days"].keep.days == 14
    for n, (wrong, place) in enumerate([
        (shipped.replace("days = 7", "weeks = 7"), "topic-days.keep"), ("x", "retention.toml"), ("x = 1", "retention"),
    ]):  # fmt: skip
        folder = tmp_path / str(n)
        (folder / "law").mkdir(parents=True)
        (folder / "law" / FILE.name).write_text(wrong, "utf-8")
        with pytest.raises(JukiError, match=f"{place}.*bad-retention"):
            rules(folder)
