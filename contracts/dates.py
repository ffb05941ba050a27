"""Dates as the registry has them: complete, or with parts unknown (不詳).

A date on the wire is "YYYY-MM-DD", or {"year", "month", "day", "text"} in which each part may be null and `text` keeps
the original wording. Ages follow 年齢計算ニ関スル法律: an age is attained on the day before the birthday, and so by
those who were born on 29 February on the 28th. An incomplete birth date counts by its last possible day; without a
year there is no age.
"""

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Any

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LIMITS = {"year": (1, 9999), "month": (1, 12), "day": (1, 31)}
_LEAP_YEAR = 2000
_A_DAY = timedelta(days=1)


def is_date(value: Any) -> bool:
    """Whether `value` has the form of a date, complete or incomplete."""
    if isinstance(value, str):
        return _iso(value) is not None
    return isinstance(value, dict) and value.keys() <= {*_LIMITS, "text"} and _parts_fit(value)


def last_day(value: Any) -> date | None:
    """The last day that a valid date can mean; None for null and where the year is unknown."""
    if isinstance(value, str):
        return _iso(value)
    if not value or value.get("year") is None:
        return None
    year, month = value["year"], value.get("month") or 12
    return date(year, month, value.get("day") or monthrange(year, month)[1])


def age(birth: Any, on: date) -> int | None:
    """Completed years on the day `on`, by law; None where the year of birth is unknown; below 0 for the unborn."""
    born = last_day(birth)
    if born is None:
        return None
    tomorrow = on + _A_DAY
    return tomorrow.year - born.year - ((tomorrow.month, tomorrow.day) < (born.month, born.day))


def day_exists(year: int | None, month: int | None, day: int | None) -> bool:
    """Whether a month has such a day; where the year is unknown, in some year."""
    return month is None or day is None or day <= monthrange(year or _LEAP_YEAR, month)[1]


def _iso(text: str) -> date | None:
    if not _ISO.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _parts_fit(parts: dict[str, Any]) -> bool:
    text = parts.get("text")
    return (
        (text is None or isinstance(text, str))
        and all(_within(parts.get(name), *limits) for name, limits in _LIMITS.items())
        and day_exists(parts.get("year"), parts.get("month"), parts.get("day"))
    )


def _within(part: Any, low: int, high: int) -> bool:
    return part is None or (type(part) is int and low <= part <= high)
