"""A week as it is reviewed: Monday to Sunday in Japan, named as in ISO 8601 (2026-W48). Pure."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from contracts.change import JAPAN
from hub.errors import UsageError

_FORM = re.compile(r"(20[0-9]{2})-W([0-9]{2})")
_LONG = timedelta(weeks=1)


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """The week that begins on this Monday."""

    monday: date

    @classmethod
    def of(cls, text: str) -> "Week":
        """The week of that name; UsageError where it is none."""
        bad = UsageError("bad-week", "--week", "A week such as 2026-W48 is meant")
        if (read := _FORM.fullmatch(text)) is None:
            raise bad
        try:
            return cls(date.fromisocalendar(int(read[1]), int(read[2]), 1))
        except ValueError:
            raise bad from None

    @classmethod
    def at(cls, moment: datetime) -> "Week":
        """The week in which this moment lies."""
        day = moment.astimezone(JAPAN).date()
        return cls(day - timedelta(days=day.weekday()))

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime(self.monday.year, self.monday.month, self.monday.day, tzinfo=JAPAN)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return self.start + _LONG

    def after(self, count: int = 1) -> "Week":
        """The week so many weeks later."""
        return Week(self.monday + count * _LONG)

    def __str__(self) -> str:
        year, number, _ = self.monday.isocalendar()
        return f"{year:04}-W{number:02}"


def unsigned(first: Week, signed: frozenset[str], now: datetime) -> list[Week]:
    """The weeks from `first` on that are over and that nobody has signed, oldest first."""
    weeks = (Week.at(now).monday - first.monday) // _LONG
    return [week for week in (first.after(n) for n in range(weeks)) if str(week) not in signed]


def overdue(weeks: list[Week], days: int, now: datetime) -> list[Week]:
    """Those of them that ended more than so many days ago."""
    return [week for week in weeks if now >= week.end + timedelta(days=days)]
