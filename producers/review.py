"""The daily review of ages (年齢到達等): nobody files a birthday, so the register tells of it.

Whoever attains an age at which somebody comes into a population of the Book or goes out of it has a POPULATION_REVIEW
of that day. Every day is reviewed once and in order, however late: the Change is dated by the day that it is about, and
judged by it. Who has had another Change since is left to the outbox, which reviews everybody whom it touches first; who
has come since was not there. A killed review goes on where it was. It ends nothing else: a protection (支援措置) whose
last day has passed stays until somebody has decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import orjson

from hub.database import Connection, Database, Row, queries
from producers import outbox
from producers.ages import DAY, attained, birthdays, days
from producers.outbox import Draft
from producers.todokede import today

SQL = queries(Path(__file__).with_suffix(".sql"))
PAGE = 200


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One day, and how many were told of."""

    day: date
    told: int


async def missing(db: Database, until: date) -> list[date]:
    """The days that are not reviewed yet, up to and including `until`; in a new register that day alone."""
    last = await db.fetchval(SQL["last_day"])
    return list(days(until if last is None else last + DAY, until))


async def review(db: Database, day: date, ages: frozenset[int], now: datetime) -> Reviewed:
    """Review one day to its end."""
    if day > today(now):
        raise ValueError("a day that has not come is never reviewed")
    await db.execute(SQL["begin"], day)
    told = 0
    while (count := await page(db, day, ages, now)) is not None:
        told += count
    return Reviewed(day, told)


async def page(db: Database, day: date, ages: frozenset[int], now: datetime, size: int = PAGE) -> int | None:
    """Record the next ones in one transaction, and how many; None where nobody is left, and the day has ended."""
    async with db.transaction() as tx:
        last = await tx.fetchval(SQL["held"], day)
        rows = [] if last is None else await tx.fetch(SQL["page"], birthdays(day), last, size)
        if not rows:
            await tx.execute(SQL["end"], day, now)
            return None
        drafts = [draft for row in await _untouched(tx, rows, day) if (draft := _draft(row, day, ages))]
        if drafts:
            await outbox.record(tx, drafts, now)
        await tx.execute(SQL["advance"], day, rows[-1]["resident"], len(drafts))
    return len(drafts)


async def _untouched(tx: Connection, rows: Sequence[Row], day: date) -> list[Row]:
    """Those who have had no other Change after that day."""
    last = await outbox.last_changed(tx, [row["resident"] for row in rows])
    return [row for row in rows if last.get(row["resident"], 0) < outbox.behind(day)]


def _draft(row: Row, day: date, ages: frozenset[int]) -> Draft | None:
    resident, now = UUID(int=row["resident"].int), orjson.loads(row["record"])
    return outbox.birthday(resident, now, day) if attained(now.get("birth_date"), day) in ages else None
