"""Birthdays are told, each once, on their day or late; and whatever comes between is told in the right order."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.book import load
from contracts.change import JAPAN, parse
from contracts.dates import last_day
from contracts.decide import Disclosure, decide
from hub.database import Database
from producers import review
from producers.ages import attained, birthdays, boundaries, days
from producers.outbox import Draft, record
from producers.register import SQL as REGISTER
from tests.integration.producers.registry import correction
from tests.people import record as person

BOOK = load().contracts
AGES = boundaries(BOOK.values())
D = date(2026, 6, 10)
"""The day before the birthdays of these tests."""
BEFORE = D - timedelta(days=1)


def at(day: date, hour: int = 0) -> datetime:
    """A time in Japan."""
    return datetime(day.year, day.month, day.day, hour, 10, tzinfo=JAPAN).astimezone(UTC)


async def settle(db: Database, birth: Any, number: int = 900_000, **items: Any) -> tuple[UUID, dict]:
    """Somebody of that birth date on the register."""
    who, now = uuid4(), person(number, birth_date=birth, household_no="0000000001", **items)
    columns = (who, now["atena_no"].encode(), b"0000000001", now["my_number"].encode(), now["protected"])
    await db.execute("INSERT INTO registry.resident (resident, atena_no, household_no, my_number, protected, record,"
                     " status) VALUES ($1, $2, $3, $4, $5, $6, 'registered')", *columns, orjson.dumps(now))  # fmt: skip
    return who, now


async def reviewed(db: Database, until: date, now: datetime | None = None) -> None:
    for day in await review.missing(db, until):
        await review.review(db, day, AGES, now or at(until))


async def told_of(db: Database, who: UUID) -> list[tuple[str, str]]:
    """Kind and state, as each Change of `who` is told to elderly-care (65 and older) in order."""
    rows = await db.fetch("SELECT change FROM registry.outbox WHERE resident = $1 ORDER BY id", who)
    changes = [parse(row["change"]) for row in rows]
    decided = [decide(one, BOOK["elderly-care"], one.day) for one in changes]
    return [(one.kind, each.state if isinstance(each, Disclosure) else each.reason)
            for one, each in zip(changes, decided, strict=True)]  # fmt: skip


def born(years: int) -> str:
    return date(D.year - years, D.month, D.day + 1).isoformat()


ENTERS = BOOK["elderly-care"].population.age_from
LEAVES = BOOK["school-affairs"].population.age_to + 1


async def test_whoever_comes_to_an_age_that_counts_is_told_of_on_the_day_before_the_birthday(db):
    who, _ = await settle(db, born(ENTERS))
    await reviewed(db, BEFORE)
    assert await told_of(db, who) == []
    await reviewed(db, D)
    assert await told_of(db, who) == [("POPULATION_REVIEW", "entered")]


async def test_a_day_is_reviewed_once(db):
    who, _ = await settle(db, born(ENTERS))
    await reviewed(db, BEFORE)
    for _ in range(3):
        await reviewed(db, D)
        await review.review(db, D, AGES, at(D))
    assert len(await told_of(db, who)) == 1


async def test_days_that_were_missed_are_made_up_for(db):
    who, _ = await settle(db, born(ENTERS))
    await reviewed(db, BEFORE)
    late = D + timedelta(days=40)
    assert len(await review.missing(db, late)) == 41
    await reviewed(db, late)
    assert await told_of(db, who) == [("POPULATION_REVIEW", "entered")]


async def test_who_changes_before_a_late_review_is_told_of_first_and_not_again(db):
    who, now = await settle(db, born(ENTERS))
    await reviewed(db, BEFORE)
    async with db.transaction() as tx:
        changes = await record(tx, [correction(who, now)], at(D, 9))
    await reviewed(db, D + timedelta(days=3))
    assert [one.kind for one in changes] == ["MINOR_CORRECTION"]
    assert [kind for kind, _ in await told_of(db, who)] == ["POPULATION_REVIEW", "MINOR_CORRECTION"]
    assert (await told_of(db, who))[0][1] == "entered"


async def test_who_changes_twice_before_a_late_review_is_told_of_once_and_first(db):
    who, now = await settle(db, born(ENTERS))
    await reviewed(db, BEFORE)
    moved = {**now, "address": {"text": "架空市別町2番地"}}
    for before, after in ((now, moved), (moved, {**now, "address": {"text": "架空市遠町3番地"}})):
        async with db.transaction() as tx:
            await record(tx, [Draft(who, "RELOCATE", before, after, D.isoformat())], at(D, 9))
            await tx.execute("UPDATE registry.resident SET record = $2 WHERE resident = $1", who, orjson.dumps(after))
    await reviewed(db, D)  # the day itself: who changed on it was told of before
    assert [kind for kind, _ in await told_of(db, who)] == ["POPULATION_REVIEW", "RELOCATE", "RELOCATE"]


async def test_who_dies_before_a_late_review_has_left_the_registers_of_all_who_had_them(db):
    who, now = await settle(db, born(LEAVES))
    await reviewed(db, BEFORE)
    async with db.transaction() as tx:
        await record(tx, [Draft(who, "DEATH", now, None, D.isoformat())], at(D + timedelta(days=1), 9))
        await tx.execute(REGISTER["remove"], who, orjson.dumps(now))
    await reviewed(db, D + timedelta(days=5))
    rows = await db.fetch("SELECT change FROM registry.outbox WHERE resident = $1 ORDER BY id", who)
    changes = [parse(row["change"]) for row in rows]
    states = [getattr(decide(one, BOOK["school-affairs"], one.day), "state", None) for one in changes]
    assert [(one.kind, state) for one, state in zip(changes, states, strict=True)] == [
        ("POPULATION_REVIEW", "left"), ("DEATH", None),
    ]  # fmt: skip


async def test_who_came_after_the_day_is_not_told_of_as_if_they_had_been_there(db):
    await reviewed(db, BEFORE)
    who, now = await settle(db, born(LEAVES))
    async with db.transaction() as tx:
        await record(tx, [Draft(who, "MOVE_IN_DOMESTIC", None, now, D.isoformat())], at(D + timedelta(days=1), 9))
    async with db.transaction() as tx:  # nor by whoever records what comes next, before the review
        await record(tx, [correction(who, now)], at(D + timedelta(days=1), 10))
    await reviewed(db, D + timedelta(days=5))
    assert [kind for kind, _ in await told_of(db, who)] == ["MOVE_IN_DOMESTIC", "MINOR_CORRECTION"]


async def test_a_review_that_was_killed_goes_on_where_it_was(db):
    people = [(await settle(db, born(ENTERS), 900_000 + n))[0] for n in range(5)]
    await reviewed(db, BEFORE)
    await db.execute("INSERT INTO registry.reviewed (day) VALUES ($1)", D)
    assert await review.page(db, D, AGES, at(D), 2) == 2
    await reviewed(db, D)
    assert [len(await told_of(db, who)) for who in people] == [1] * 5


async def test_whose_year_of_birth_is_unknown_never_comes_to_an_age(db):
    who, _ = await settle(db, {"year": None, "month": 6, "day": 11, "text": "六月十一日、年不詳"})
    await reviewed(db, BEFORE)
    await reviewed(db, D)
    assert await told_of(db, who) == []


async def test_an_incomplete_birth_date_counts_by_its_last_possible_day(db):
    who, _ = await settle(db, {"year": 2026 - ENTERS, "month": 6, "day": None, "text": "六月、日不詳"})
    await reviewed(db, date(2026, 6, 28))
    assert await told_of(db, who) == []
    await reviewed(db, date(2026, 6, 29))
    assert await told_of(db, who) == [("POPULATION_REVIEW", "entered")]


async def test_a_protection_whose_last_day_has_passed_is_not_ended_by_a_review(db):
    measure = {"category": "配偶者暴力", "starts_on": "2025-06-10", "ends_on": BEFORE.isoformat()}
    who, _ = await settle(db, born(ENTERS), protected=True, dv_protection=measure)
    await reviewed(db, BEFORE)
    await reviewed(db, D)
    change = parse(await db.fetchval("SELECT change FROM registry.outbox WHERE resident = $1", who))
    assert (change.after["protected"], change.altered) == (True, frozenset())


async def test_a_day_that_has_not_come_is_never_reviewed(db):
    with pytest.raises(ValueError, match="not come"):
        await review.review(db, D, AGES, at(BEFORE, 14))


BIRTHS: list[Any] = [
    "1950-02-28", "2000-02-29", "1999-12-31", "2024-01-01", None,
    {"year": 1940, "month": 2, "day": None, "text": "x"}, {"year": 1941, "month": 2, "day": None, "text": "x"},
    {"year": 1941, "month": None, "day": None, "text": "x"}, {"year": 1941, "month": None, "day": 3, "text": "x"},
    {"year": None, "month": 3, "day": 3, "text": "x"}, {"year": 2000, "month": 2, "day": 29, "text": None}, {},
]  # fmt: skip


async def test_the_index_and_the_arithmetic_of_ages_know_the_same_birthdays(db):
    for birth in BIRTHS:
        found = await db.fetchval("SELECT registry.birthday($1)", orjson.dumps({"birth_date": birth}))
        last = last_day(birth)
        assert (last and last.month * 100 + last.day) == found, birth
    for broken in (b"", b"{", b"\xff", b'{"birth_date": "x"}', b'{"birth_date": 7}'):
        assert await db.fetchval("SELECT registry.birthday($1)", broken) is None


@given(st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.dates(date(2021, 1, 1), date(2040, 1, 1)))
def test_whoever_attains_an_age_on_a_day_is_looked_at_on_that_day(birth, day):
    for each in days(day, day + timedelta(days=3)):
        if attained(birth.isoformat(), each) is not None:
            assert birth.month * 100 + birth.day in birthdays(each)
