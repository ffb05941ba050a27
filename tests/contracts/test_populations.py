"""Rule 2 of `decide`: who belongs to a contract's population, before and after, and which state that makes."""

from datetime import date
from typing import Any

import pytest

from contracts.contract import Population
from contracts.decide import age_is_unknown
from tests.contracts.agreed import ELSEWHERE, SOMEWHERE, agreed, outcome, relocation
from tests.people import change, record

CHILDREN = Population(age_to=18)
CHILD, ADULT = "2015-01-01", "1980-01-01"
STATES = [
    ("entered", "MOVE_IN_DOMESTIC", None, CHILD),
    ("inside", "RELOCATE", CHILD, CHILD),
    ("deleted", "DEATH", CHILD, None),
    ("left", "RELOCATE", CHILD, ADULT),
    ("entered", "RELOCATE", ADULT, CHILD),
    ("outside", "RELOCATE", ADULT, ADULT),
    ("outside", "MOVE_IN_DOMESTIC", None, ADULT),
    ("outside", "DEATH", ADULT, None),
]


@pytest.mark.parametrize(("expected", "kind", "before", "after"), STATES)
def test_the_state_follows_from_membership_before_and_after(
    expected: str, kind: str, before: str | None, after: str | None
) -> None:
    was = before and record(birth_date=before, address=SOMEWHERE)
    now = after and record(birth_date=after, address=ELSEWHERE)
    assert outcome(change(kind, was, now), agreed(population=CHILDREN)) == expected


def test_without_a_population_everybody_on_the_register_belongs() -> None:
    assert outcome(relocation(birth_date=None, nationality="XXA"), agreed()) == "inside"


@pytest.mark.parametrize(("japanese", "nationality", "expected"), [
    (True, None, "inside"), (True, "KOR", "outside"), (False, None, "outside"), (False, "XXA", "inside"),
])  # fmt: skip
def test_a_population_may_be_of_nationals_or_of_foreigners(
    japanese: bool, nationality: str | None, expected: str
) -> None:
    assert outcome(relocation(nationality=nationality), agreed(population=Population(japanese=japanese))) == expected


@pytest.mark.trap("input-12")
def test_whoever_naturalises_enters_the_population_of_nationals() -> None:
    happened = change("NATIONALITY_CORRECTED", record(nationality="KOR"), record(nationality=None))
    assert outcome(happened, agreed(population=Population(japanese=True))) == "entered"
    assert outcome(happened, agreed(population=Population(japanese=False))) == "left"


AGES = [  # born, decided on, age_from, age_to
    ("entered", "2008-04-02", "2026-04-01", 18, None),     # attained on the day before the birthday
    ("outside", "2008-04-03", "2026-04-01", 18, None),
    ("inside", "2008-04-01", "2026-04-01", 18, None),
    ("left", "2007-04-02", "2026-04-01", None, 18),
    ("inside", "2007-04-03", "2026-04-01", None, 18),
    ("entered", "2008-02-29", "2026-02-28", 18, None),     # born on 29 February: on 28 February
    ("outside", "2008-02-29", "2026-02-27", 18, None),
    ("entered", "2008-02-29", "2028-02-28", 20, None),     # also in a leap year
    ("outside", "2008-02-29", "2028-02-27", 20, None),
    ("entered", "2008-03-01", "2026-02-28", 18, None),
    ("entered", {"year": 2008, "month": 4, "day": None}, "2026-04-29", 18, None),   # by the last possible day
    ("outside", {"year": 2008, "month": 4, "day": None}, "2026-04-28", 18, None),
    ("entered", {"year": 2008, "month": 2, "day": None}, "2026-02-28", 18, None),
    ("entered", {"year": 2008, "month": None, "day": None}, "2026-12-30", 18, None),
    ("outside", {"year": 2008, "month": None, "day": 15}, "2026-12-13", 18, None),
    ("entered", {"year": 2008, "month": None, "day": 15}, "2026-12-14", 18, None),
    ("outside", {"year": None, "month": 4, "day": 1, "text": "不詳"}, "2026-04-01", 0, None),
    ("outside", {"year": None, "month": None, "day": None}, "2026-04-01", None, 200),
    ("outside", None, "2026-04-01", None, 200),
]  # fmt: skip


@pytest.mark.trap("V8")
@pytest.mark.parametrize(("expected", "born", "on", "age_from", "age_to"), AGES)
def test_ages_are_attained_by_law_on_the_day_before_the_birthday(
    expected: str, born: Any, on: str, age_from: int | None, age_to: int | None
) -> None:
    contract = agreed(population=Population(age_from, age_to), in_force_from=date(2020, 1, 1))
    assert outcome(relocation(birth_date=born), contract, date.fromisoformat(on)) == expected


def test_an_unknown_year_is_no_matter_to_a_population_without_an_age() -> None:
    born = {"year": None, "month": None, "day": None, "text": "不詳"}
    assert outcome(relocation(birth_date=born), agreed(population=Population(japanese=True))) == "inside"


def test_who_comes_of_age_leaves_on_the_daily_review_though_nothing_changed() -> None:
    child = record(birth_date="2007-04-02")
    happened = change("POPULATION_REVIEW", child, child)
    assert outcome(happened, agreed(population=CHILDREN), date(2026, 4, 1)) == "left"
    assert outcome(happened, agreed(population=CHILDREN), date(2026, 4, 2)) == "outside"


SUSPENSIONS = [
    ("left", False, True), ("entered", True, False), ("outside", True, True), ("inside", False, False),
    ("left", False, None), ("entered", None, False), ("outside", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "before", "after"), SUSPENSIONS)
def test_a_protected_person_is_outside_a_contract_that_suspends(
    expected: str, before: bool | None, after: bool | None
) -> None:
    was, now = record(protected=before, address=SOMEWHERE), record(protected=after, address=ELSEWHERE)
    assert outcome(change("PROTECTION_STARTED", was, now), agreed(protected="suspend")) == expected


def test_the_death_of_a_suspended_person_is_not_told() -> None:
    assert outcome(change("DEATH", record(protected=True), None), agreed(protected="suspend")) == "outside"


@pytest.mark.parametrize(("birth", "population", "expected"), [
    (None, CHILDREN, True), ({"year": None, "month": 4, "day": 1, "text": "不詳"}, Population(age_from=40), True),
    ({"year": 1920, "month": None, "day": None}, CHILDREN, False), (CHILD, CHILDREN, False),
    (None, Population(japanese=True), False), (None, None, False),
])  # fmt: skip
def test_who_is_outside_for_want_of_a_year_of_birth_is_known(
    birth: Any, population: Population | None, expected: bool
) -> None:
    contract = agreed(population=population)
    assert age_is_unknown(record(birth_date=birth), contract) is expected
    if expected:
        assert outcome(relocation(birth_date=birth), contract) == "outside"
