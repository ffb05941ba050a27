"""Carry out an order: step by step, each one transaction that changes records and moves the order's position.

A step takes the order's row, then households, then people, as every act does, and writes records, history and outbox.
Where the door refuses one record of a lot, the lot is gone through in the smallest steps, so that it (in a change of
addresses: with its household) is left out alone. Between
two steps it rests: as long as the rate asks for, and until the outbox is short enough. What was cut off anywhere is
taken up again by the same file; another file under the same number is refused.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from hub.database import Connection, Database
from hub.errors import ChangeRefused, JukiError, UsageError
from producers.bulk.orders import Order
from producers.bulk.sources import SQL, Case, Lot, Source
from producers.bulk.verdicts import Already, Corrected, Refused, Verdict
from producers.household import Person, View
from producers.outbox import Draft
from producers.register import Concern, Moved, view
from producers.todokede import carry_out, today

LOT: Final = 50
"""People of one transaction: a clerk who needs one of them waits for as long as it takes."""

MOST_SWEEPS: Final = 9
KINDS: Final = {"address": "MINOR_CORRECTION", "furigana": "FURIGANA_ENTERED"}
_ATTEMPTS: Final = 5

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an order may go. `rest` waits for so many seconds; `most_waiting`: in the outbox."""

    rate: float
    most_waiting: int
    rest: Callable[[float], Awaitable[None]]
    lot: int = LOT

    def pause(self, changed: int, seconds: float) -> float:
        """How long to rest after a step that changed so many in so many seconds."""
        return max(0.0, changed / self.rate - seconds)


@dataclass(slots=True)
class Tally:
    """What one step did."""

    changed: int = 0
    already: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """How an order stands: counts, and for what was refused (place, code)."""

    order: str
    act: str
    sweep: int
    changed: int
    already: int
    refused: tuple[tuple[str, str], ...]
    begun_at: datetime
    moved_at: datetime
    ended_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "order": self.order, "act": self.act, "state": "ended" if self.ended_at else "running",
            "sweep": self.sweep, "changed": self.changed, "already": self.already,
            "refused": dict(sorted(Counter(code for _, code in self.refused).items())),
            "begun_at": self.begun_at.isoformat(), "moved_at": self.moved_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
        }  # fmt: skip


async def run(  # noqa: PLR0913 - what, where, when, how fast, and who hears of it
    db: Database, order: Order, source: Source, clock: Clock, pace: Pace, progress: Callable[[Tally], None]
) -> Report:
    """Carry the order out, or on, until its end; UsageError `reused-order` for another file under its number."""
    await _enter(db, order, clock())
    while True:
        await _until_there_is_room(db, pace)
        begun = clock()
        done = await step(db, order, source, clock(), pace.lot)
        progress(done)
        if done.ended:
            return (await status(db, order.number))[0]
        if (seconds := pace.pause(done.changed, (clock() - begun).total_seconds())) > 0:
            await pace.rest(seconds)


async def _enter(db: Database, order: Order, now: datetime) -> None:
    await db.execute(SQL["enter"], order.number, order.act, order.digest, now)
    if await db.fetchval(SQL["digest"], order.number) != order.digest:
        raise UsageError("reused-order", order.number, "Another file was carried out under this number")


async def _until_there_is_room(db: Database, pace: Pace) -> None:
    while await db.fetchval(SQL["waiting"], pace.most_waiting + 1) > pace.most_waiting:
        await pace.rest(1.0)


async def step(db: Database, order: Order, source: Source, now: datetime, most: int) -> Tally:
    """The next lot; in the smallest steps where the door refuses a record of it."""
    try:
        return await _patiently(db, order, source, now, most, "")
    except ChangeRefused as refused:
        if most > 1:
            return await _one_by_one(db, order, source, now, most)
        return await _patiently(db, order, source, now, 1, refused.code)


async def _one_by_one(db: Database, order: Order, source: Source, now: datetime, most: int) -> Tally:
    whole = Tally()
    for _ in range(most):
        done = await step(db, order, source, now, 1)
        whole.changed, whole.already = whole.changed + done.changed, whole.already + done.already
        whole.refused += done.refused
        if done.ended:
            whole.ended = True
            break
    return whole


async def _patiently(  # noqa: PLR0913 - a step, and why its one case is refused
    db: Database, order: Order, source: Source, now: datetime, most: int, code: str
) -> Tally:
    for _ in range(_ATTEMPTS):
        try:
            async with db.transaction() as tx:
                return await _once(tx, order, source, now, most, code)
        except Moved:
            continue
    raise JukiError("too-busy", "bulk")


async def _once(  # noqa: PLR0913 - as above
    tx: Connection, order: Order, source: Source, now: datetime, most: int, code: str
) -> Tally:
    row = await tx.fetchrow(SQL["take"], order.number)
    if row is None or row["ended_at"] is not None:
        return Tally(ended=True)
    lot = await source.lot(tx, row["position"], most)
    tally = Tally(refused=[*lot.refused])
    if code:
        tally.refused += [(case.place, code) for case in lot.cases]
    else:
        await _apply(tx, order, lot, tally, now)
    await _move_on(tx, order, source, lot, tally, row["sweep"], row["in_sweep"] + tally.changed, now)
    return tally


async def _apply(tx: Connection, order: Order, lot: Lot, tally: Tally, now: datetime) -> None:
    if not lot.cases:
        return
    seen = await view(tx, Concern(sorted({case.atena_no for case in lot.cases})), today(now))
    await carry_out(tx, _drafts(order, lot, tally, seen), seen, now)


def _drafts(order: Order, lot: Lot, tally: Tally, seen: View) -> list[Draft]:
    drafts: list[Draft] = []
    people = dict(seen.people)
    for case in lot.cases:
        person = people.get(case.atena_no)
        verdict = case.judge(person.record if person else None)
        _count(tally, case, verdict)
        if isinstance(verdict, Corrected) and person is not None:
            drafts.append(_draft(order, person, verdict.record))
            people[case.atena_no] = Person(person.resident, verdict.record)  # the file may name somebody twice
    return drafts


def _count(tally: Tally, case: Case, verdict: Verdict | None) -> None:
    tally.changed += isinstance(verdict, Corrected)
    tally.already += isinstance(verdict, Already)
    if isinstance(verdict, Refused):
        tally.refused.append((case.place, verdict.code))


def _draft(order: Order, person: Person, after: dict[str, Any]) -> Draft:
    return Draft(person.resident, KINDS[order.act], person.record, after, order.effective_on)


async def _move_on(  # noqa: PLR0913 - the whole of an order's row
    tx: Connection, order: Order, source: Source, lot: Lot, tally: Tally, sweep: int, in_sweep: int, now: datetime
) -> None:
    if tally.refused:
        places, codes = zip(*tally.refused, strict=True)
        await tx.execute(SQL["refuse"], order.number, list(places), list(codes))
    position, again = lot.position, lot.ended and source.sweeps and in_sweep > 0 and sweep < MOST_SWEEPS
    tally.ended = lot.ended and not again
    already = tally.already if sweep == 1 else 0  # later sweeps find what this order itself has changed
    if again:
        sweep, position, in_sweep = sweep + 1, b"", 0
    ended_at = now if tally.ended else None
    await tx.execute(
        SQL["advance"], order.number, sweep, position, in_sweep, tally.changed, already, now, ended_at,
    )  # fmt: skip


async def counted(db: Database, source: Source) -> Tally:
    """What the order would do now, without doing anything."""
    tally, position = Tally(), b""
    while not tally.ended:
        lot = await source.lot(db, position, LOT)
        tally.refused += lot.refused
        numbers = [case.atena_no.encode() for case in lot.cases]
        found = {row["atena_no"]: orjson.loads(row["record"]) for row in await db.fetch(SQL["named"], numbers)}
        for case in lot.cases:
            _count(tally, case, case.judge(found.get(case.atena_no.encode())))
        position, tally.ended = lot.position, lot.ended
    return tally


async def status(db: Database, number: str | None = None) -> list[Report]:
    """How one order stands, or every one, the oldest first."""
    rows = await db.fetch(SQL["status"], number)
    return [
        Report(
            row["order_no"], row["kind"], row["sweep"], row["changed"], row["already"],
            tuple((one["place"], one["code"]) for one in await db.fetch(SQL["refused"], row["order_no"])),
            row["begun_at"], row["moved_at"], row["ended_at"],
        )
        for row in rows
    ]  # fmt: skip


def residents(report: Report) -> list[UUID]:
    """Whom the order left for a person to look at, where it names them by resident."""
    return [UUID(place) for place, _ in report.refused if not place.startswith("line-")]
