"""Made-up dates, some of them incomplete (不詳) as in real registers, with the wording that was found."""

from datetime import date, timedelta
from random import Random
from typing import Any

_ERAS = ((date(2019, 5, 1), "令和"), (date(1989, 1, 8), "平成"), (date(1926, 12, 25), "昭和"),
         (date(1912, 7, 30), "大正"), (date(1868, 1, 25), "明治"))  # fmt: skip
_INCOMPLETE_SHARE = 0.01
_OLD = 75


def aged(dice: Random, low: int, high: int, on: date) -> date:
    """The birth date of somebody who is `low` to `high` years old on that day."""
    return on - timedelta(days=dice.randint(low * 1461 // 4 + 1, (high + 1) * 1461 // 4 - 1))


def before(dice: Random, on: date, years: int) -> date:
    """A day within the last `years` years."""
    return on - timedelta(days=dice.randint(1, years * 365))


def birth(dice: Random, born: date, on: date) -> Any:
    """A birth date as the register has it: complete, or for one in a hundred of the old with parts unknown."""
    if on.year - born.year < _OLD or dice.random() > _INCOMPLETE_SHARE:
        return born.isoformat()
    return incomplete(born, dice.choice(("day", "month", "year")))


def incomplete(born: date, unknown: str) -> dict[str, Any]:
    """A date of which the day, the month or even the year is unknown."""
    year, era = born.year, _era(born)
    if unknown == "day":
        return {"year": year, "month": born.month, "day": None, "text": f"{era}{born.month}月日不詳"}
    if unknown == "month":
        return {"year": year, "month": None, "day": None, "text": f"{era}月日不詳"}
    return {"year": None, "month": None, "day": None, "text": "生年月日不詳"}


def _era(day: date) -> str:
    start, name = next((era for era in _ERAS if day >= era[0]), _ERAS[-1])
    number = day.year - start.year + 1
    return f"{name}{'元' if number == 1 else number}年"
