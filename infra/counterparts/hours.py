"""The hours of a counterpart's day, `--hours HH:MM-HH:MM`, by its own clock in Japan; without them it never sleeps.

The first minute is within, the last one is not; hours may go over midnight. The fault `clock` makes the clock stand:
{"fault": "clock", "at": "23:00"}.
"""

import re
from datetime import datetime, timedelta, timezone

Hours = tuple[str, str]
MINUTES = tuple(f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(24 * 60))
"""Every time of the day, in its order."""

_JAPAN = timezone(timedelta(hours=9))
_FORM = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")


def read(said: str) -> Hours:
    """ValueError where it is not in its form."""
    found = _FORM.fullmatch(said)
    if found is None or not set(found.groups()) <= set(MINUTES):
        raise ValueError("HH:MM-HH:MM")
    return found[1], found[2]


def now() -> str:
    """The time of the day."""
    return f"{datetime.now(_JAPAN):%H:%M}"


def are_over(hours: Hours | None, at: str) -> bool:
    """Whether it is night at `at`; the same time twice is round the clock."""
    if hours is None or hours[0] == hours[1]:
        return False
    opens, closes = hours
    within = opens <= at < closes if opens < closes else at >= opens or at < closes
    return not within
