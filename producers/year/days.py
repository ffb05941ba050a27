"""When people come to the counter: business days of a year, their weight, and the hour. Pure.

Moves have their peak in the last days of March and the first of April, at five times the daily mean of all acts; a
Monday, and the day after holidays, has more than a Friday; and mornings have more than afternoons.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

_FIXED = {(2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23)}
_MONDAYS = {(1, 2), (7, 3), (9, 3), (10, 2)}
"""Month, and which Monday of it."""
_HOURS = (9, 10, 11, 12, 13, 14, 15, 16)
_OF_HOURS = (16, 20, 16, 9, 11, 11, 10, 7)
PEAK = (3, 31)
_RISE, _FALL = 18, 14
"""Days over which the peak of moves builds up and ebbs away."""
_HEIGHT = 11.0


def business_days(year: int) -> list[date]:
    """The days on which the counter is open."""
    return [day for day in _all_days(year) if day.weekday() < 5 and not _is_holiday(day) and not _is_new_year(day)]


def _all_days(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += timedelta(days=1)


def _is_new_year(day: date) -> bool:
    return (day.month, day.day) in {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}


def _is_holiday(day: date) -> bool:
    yesterday, tomorrow = day - timedelta(days=1), day + timedelta(days=1)
    return _is_named(day) or _makes_up_for_sunday(yesterday) or (_is_named(yesterday) and _is_named(tomorrow))


def _makes_up_for_sunday(day: date) -> bool:
    """Whether holidays that began on a Sunday or had one among them end on this day (振替休日 is the next one)."""
    while _is_named(day):
        if day.weekday() == 6:
            return True
        day -= timedelta(days=1)
    return False


def _is_named(day: date) -> bool:
    monday = day.weekday() == 0 and (day.month, (day.day - 1) // 7 + 1) in _MONDAYS
    return monday or (day.month, day.day) in _FIXED or day in _equinoxes(day.year)


def _equinoxes(year: int) -> tuple[date, date]:
    """春分の日 and 秋分の日, by the formula that holds from 1980 to 2099."""
    leap = (year - 1980) // 4
    drift = 0.242194 * (year - 1980)
    return date(year, 3, int(20.8431 + drift - leap)), date(year, 9, int(23.2488 + drift - leap))


def weight(day: date, before: date | None, *, of_moves: bool) -> float:
    """How many come on that day, compared with a plain one; `before`: the business day before it."""
    rested = 3 if before is None else (day - before).days
    plain = 1.0 + 0.12 * min(rested - 1, 3)
    return plain * (1.0 + _HEIGHT * _nearness(day)) if of_moves else plain


def _nearness(day: date) -> float:
    """1 on the peak, 0 where it is over."""
    days = (day - date(day.year, *PEAK)).days
    return max(0.0, 1 + days / _RISE if days < 0 else 1 - days / _FALL)


def time_of_day(dice: Random) -> str:
    """When somebody is served, as HHMMSS."""
    hour = dice.choices(_HOURS, _OF_HOURS)[0]
    return f"{hour:02d}{dice.randrange(60):02d}{dice.randrange(60):02d}"
