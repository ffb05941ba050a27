"""Who attains an age on which day, by 年齢計算ニ関スル法律: on the day before the birthday. Pure.

An incomplete birth date counts by its last possible day; without a year no age is ever attained.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from contracts.contract import Contract
from contracts.dates import age

DAY = timedelta(days=1)


def boundaries(contracts: Iterable[Contract]) -> frozenset[int]:
    """Every age at which somebody comes into a population or goes out of it."""
    people = [contract.population for contract in contracts if contract.population is not None]
    first = {each.age_from for each in people if each.age_from}
    return frozenset(first | {each.age_to + 1 for each in people if each.age_to is not None})


def birthdays(day: date) -> list[int]:
    """Month and day (month * 100 + day) of birth of those who attain an age on that day."""
    tomorrow = day + DAY
    found = [tomorrow.month * 100 + tomorrow.day]
    leap_day_is_skipped = (day.month, day.day, tomorrow.month) == (2, 28, 3)
    return [*found, 229] if leap_day_is_skipped else found


def attained(birth: Any, day: date) -> int | None:
    """The age that somebody born then attains on that very day, or None."""
    years = age(birth, day)
    return years if years != age(birth, day - DAY) else None


def days(first: date, until: date) -> Iterator[date]:
    """Each day from the first to the last, both included."""
    while first <= until:
        yield first
        first += DAY


def days_of_attaining(birth: Any, last: date, until: date) -> list[date]:
    """The days after `last`, up to and including `until`, on which somebody born then attains an age."""
    return [day for day in days(last + DAY, until) if attained(birth, day) is not None]
