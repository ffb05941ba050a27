"""What is late, unusual or missing: three judgements, each a pure function of figures and bounds.

1. *late*: something that could be delivered was recorded longer ago than its service level allows. What was delivered
   late was late while it waited, so looking often enough sees it.
2. *unusual volume* (大量抽出): an hour has more disclosures than `factor` times the usual maximum, and than the floor.
   The usual maximum is the 95th percentile of the contract's own hours with traffic: one mass correction does not
   become the measure for the next.
3. *missing*: since the last disclosure more office hours have gone by than are usual without one. Nights, weekends and
   days on which the office is closed do not count. A contract that was never told anything is missing nothing.
"""

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from contracts.change import JAPAN
from hub.watching.policy import Bounds, Office

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONGEST = timedelta(days=60)


def late(oldest: datetime | None, now: datetime, bounds: Bounds) -> bool:
    """Whether what was recorded at `oldest` should have been delivered by now."""
    return oldest is not None and (now - oldest).total_seconds() > bounds.service_seconds


def limit(history: Sequence[int], bounds: Bounds) -> float:
    """How many disclosures an hour may have. `history`: those of earlier hours; hours without any do not count."""
    usual = sorted(each for each in history if each > 0)
    if not usual:
        return float(bounds.floor)
    maximum = usual[math.ceil(len(usual) * 0.95) - 1]
    return max(float(bounds.floor), bounds.factor * maximum)


def unusual(count: int, history: Sequence[int], bounds: Bounds) -> bool:
    """Whether an hour with `count` disclosures is more than usual."""
    return count > limit(history, bounds)


def missing(last: datetime | None, now: datetime, bounds: Bounds, office: Office) -> bool:
    """Whether regular traffic should have come since `last`."""
    return bounds.regular and last is not None and office_hours(last, now, office) > bounds.quiet_hours


def office_hours(start: datetime, end: datetime, office: Office) -> float:
    """Office hours between two times; not more than those of sixty days."""
    start = max(start, end - _LONGEST).astimezone(JAPAN)
    end = end.astimezone(JAPAN)
    days = (start.date() + timedelta(days=n) for n in range((end.date() - start.date()).days + 1))
    return sum(_open_between(day, start, end, office) for day in days)


def works(day: date, office: Office) -> bool:
    """Whether the office is open on that day at all."""
    return _DAYS[day.weekday()] in office.days and not {day.isoformat(), f"{day:%m-%d}"} & set(office.closed)


def _open_between(day: date, start: datetime, end: datetime, office: Office) -> float:
    if not works(day, office):
        return 0.0
    midnight = datetime(day.year, day.month, day.day, tzinfo=JAPAN)
    opens = max(start, midnight + timedelta(hours=office.first))
    closes = min(end, midnight + timedelta(hours=office.end))
    return max(0.0, (closes - opens).total_seconds() / 3600)
