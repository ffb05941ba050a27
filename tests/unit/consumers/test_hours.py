"""The hours of a counterpart's day, by the clock of Japan, and who rests outside them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from consumers.adapters import ADAPTERS
from consumers.adapters.hours import ALWAYS, STORE, hours
from consumers.process import opening_hours
from contracts.change import JAPAN
from hub.config import read
from hub.errors import UsageError
from tests.conformance.samples import disclosure

STORED = ADAPTERS["convenience-store"].within(STORE)


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 4, 2, hour, minute, second, tzinfo=JAPAN)


@pytest.mark.parametrize(
    ("now", "rests"),
    [
        (at(6, 29, 59), timedelta(seconds=1)), (at(6, 30), timedelta()), (at(12), timedelta()),
        (at(22, 59, 59), timedelta()), (at(23), timedelta(hours=7, minutes=30)),
        (at(0), timedelta(hours=6, minutes=30)),
        (at(23).astimezone(UTC), timedelta(hours=7, minutes=30)),
        (at(6, 30).astimezone(timezone(timedelta(hours=-8))), timedelta()),
    ],
)  # fmt: skip
def test_the_store_is_open_from_half_past_six_to_eleven_in_japan(now: datetime, rests: timedelta) -> None:
    assert STORE.until_open(now) == rests


def test_hours_may_go_over_midnight_and_round_the_clock() -> None:
    late = hours("22:00-02:00", "X")
    assert [late.until_open(at(hour)) for hour in (23, 1, 2)] == [timedelta(), timedelta(), timedelta(hours=20)]
    assert {ALWAYS.until_open(at(hour)) for hour in range(24)} == {timedelta()}


@pytest.mark.parametrize("said", ["", "6:30-23:00", "06:30-24:00", "06:30", "06:30-23:00 ", "０６:30-23:00"])
def test_what_are_no_hours_is_refused_by_the_name_of_the_setting(said: str) -> None:
    with pytest.raises(UsageError, match="bad-setting"):
        hours(said, "HUB_STORE_HOURS")


def test_production_respects_the_real_hours_unless_others_are_set() -> None:
    assert opening_hours(read({"HUB_ENV": "production"})) == STORE
    assert opening_hours(read({"HUB_ENV": "production", "HUB_STORE_HOURS": "00:00-00:00"})) == ALWAYS
    assert opening_hours(read({})) == ALWAYS


@pytest.mark.parametrize("state", ["deleted", "left"])
def test_an_erasure_never_rests(state: str) -> None:
    said = disclosure("convenience-store", state=state)
    assert {STORED.resting(said, at(hour)) for hour in range(24)} == {0.0}


@pytest.mark.parametrize("state", ["entered", "inside"])
def test_a_record_rests_until_the_store_opens(state: str) -> None:
    said = disclosure("convenience-store", state=state)
    assert [STORED.resting(said, at(hour)) for hour in (6, 12, 23)] == [1800.0, 0.0, 27_000.0]


def test_nobody_else_has_hours() -> None:
    others = [adapter.within(STORE) for via, adapter in ADAPTERS.items() if via != "convenience-store"]
    assert {adapter.resting(disclosure("prefecture"), at(3)) for adapter in others} == {0.0}
