"""A year of notices in a made-up city: every one is accepted in order, with the shares and peaks of a real city."""

from collections import Counter
from datetime import date, timedelta
from functools import cache

import orjson
import pytest

from hub.database import connect
from hub.errors import UsageError
from producers import city
from producers.todokede import answer
from producers.year import year
from producers.year.calendar import brought_at
from producers.year.days import business_days
from producers.year.scenes import SCENES

SMALL, SEED, NUMBER = 2000, 7, 2027
PERSONS = {"move-in": "persons", "move-out": "atena_nos", "relocate": "atena_nos", "minor-correction": "atena_nos"}


@cache
def notices_of_a_year():
    """Made when a test asks, not by every worker that only counts the tests."""
    return list(year(20_000, SEED, NUMBER))


def persons(notice):
    if notice["act"] == "head-change":
        return 1 + len(notice["relationships"])
    return len(notice[PERSONS[notice["act"]]]) if notice["act"] in PERSONS else 1


async def test_every_notice_of_a_year_is_accepted_in_its_order(dsn):
    async with connect(dsn, 2) as db:
        await city.load(db, SMALL, SEED)
        filed = [(notice, await answer(db, orjson.dumps(notice), brought_at(notice)))
                 for notice in year(SMALL, SEED, NUMBER)]  # fmt: skip
        assert [(notice["act"], one.code, one.place) for notice, one in filed if one.result != "accepted"] == []
        assert len(filed) > 200
        assert await db.fetchval("SELECT count(*) FROM registry.halted") == 0


async def test_only_a_made_up_city_can_be_filed_in_the_past(dsn):
    async with connect(dsn, 1) as db:
        with pytest.raises(UsageError, match="not-a-made-up-city"):
            await city.check_made_up(db)
        await city.load(db, 10, SEED)
        await city.check_made_up(db)


def test_the_same_seed_gives_the_same_year():
    assert list(year(300, 3, NUMBER)) == list(year(300, 3, NUMBER)) != list(year(300, 4, NUMBER))


def test_each_act_has_its_share():
    found = Counter[str]()
    for notice in notices_of_a_year():
        found[notice["act"]] += persons(notice)
    for act, (_, persons_a_year, _) in SCENES.items():
        expected = persons_a_year * 20_000 / 510_000
        assert abs(found[act] - expected) <= 6 + expected * 0.02, act


def test_they_come_in_order_on_business_days_and_in_business_hours():
    times = [brought_at(notice).astimezone(tz=None) for notice in notices_of_a_year()]
    assert times == sorted(times)
    receipts = [notice["receipt"] for notice in notices_of_a_year()]
    assert len(set(receipts)) == len(receipts)
    assert {date.fromisoformat(notice["notified_on"]) for notice in notices_of_a_year()} <= set(business_days(NUMBER))
    assert {"09", "16"} <= {receipt[9:11] for receipt in receipts} <= {f"{hour:02d}" for hour in range(9, 17)}


def test_the_peak_is_at_the_turn_of_march_and_five_times_the_mean():
    days = Counter[str]()
    for notice in notices_of_a_year():
        days[notice["notified_on"]] += persons(notice)
    peak, count = days.most_common(1)[0]
    assert date(NUMBER, 3, 24) <= date.fromisoformat(peak) <= date(NUMBER, 4, 8)
    assert 4 <= count / (sum(days.values()) / len(business_days(NUMBER))) <= 7


def test_the_peak_hour_has_a_fifth_of_its_day():
    days = Counter(notice["receipt"][:8] for notice in notices_of_a_year())
    busy = {day for day, count in days.items() if count > 30}
    hours = Counter(notice["receipt"][9:11] for notice in notices_of_a_year() if notice["receipt"][:8] in busy)
    assert 0.16 <= max(hours.values()) / sum(hours.values()) <= 0.26


@pytest.mark.parametrize(("year_of", "closed", "open_days"), [
    (2026, ["2026-01-02", "2026-03-20", "2026-05-06", "2026-09-21", "2026-09-22", "2026-09-23", "2026-12-31"],
     ["2026-01-05", "2026-03-19", "2026-12-28"]),
    (2027, ["2027-03-22", "2027-05-05", "2027-07-19", "2027-09-20"], ["2027-03-23", "2027-05-06"]),
])  # fmt: skip
def test_holidays_are_those_of_the_law(year_of, closed, open_days):
    days = set(map(str, business_days(year_of)))
    assert days.isdisjoint(closed)
    assert days.issuperset(open_days)
    assert all(date.fromisoformat(day).weekday() < 5 for day in days)
    assert timedelta(days=1) <= date(year_of, 12, 31) - date.fromisoformat(max(days))
