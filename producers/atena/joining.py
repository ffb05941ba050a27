"""Two numbers that prove to be one person, one number that proves to be two: what two persons have found.

統合: `merge` keeps one number; the other is answered as merged into it. Two different 個人番号 are two persons, and
are never merged. 分離: `split` takes some 宛名番号 out of a number, with its 個人番号 or without; they have a new
number, or one that had been merged into it and is theirs again. Whoever was taken apart is not joined again by the
個人番号 that turned out to be the other's. Residents whose number this changes are told by a Change of kind
個人番号の職権記載等, upon which 中間サーバー links its copy anew.

Locks: the residents, in the order of every act; then the numbers. `Moved` where a resident came to them in between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson

from hub.database import Connection
from producers import outbox
from producers.atena import numbers
from producers.atena.decide import Holder
from producers.atena.form import JUKI, Link
from producers.atena.numbers import SQL, Approved
from producers.atena.refusals import NumberRefused
from producers.outbox import Draft
from producers.register import Moved
from producers.todokede import today

RELINKED = "MY_NUMBER_ENTERED_EX_OFFICIO"
"""The kind by which a resident's new number is told: 個人番号の職権記載等."""


@dataclass(frozen=True, slots=True)
class Merge:
    """`absorbed` is the person whose number is `number`."""

    number: str
    absorbed: str

    @property
    def numbers(self) -> tuple[str, str]:
        return self.number, self.absorbed


@dataclass(frozen=True, slots=True)
class Split:
    """`links` are another person than the others of `number`.

    `with_my_number`: the 個人番号 is theirs, and not the others'. `again`: a number merged into it that was theirs.
    """

    number: str
    links: tuple[Link, ...]
    with_my_number: bool = False
    again: str | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        return (self.number,)


Act = Merge | Split


def name(act: Act) -> Literal["merge", "split"]:
    """What it is called."""
    return "merge" if isinstance(act, Merge) else "split"


async def check(tx: Connection, act: Act) -> None:
    """NumberRefused where it could not be carried out now."""
    if isinstance(act, Merge):
        if act.number == act.absorbed:
            raise NumberRefused("same-number", "togo_atena_no")
        _check_one_person(await numbers.in_use(tx, act.number), await numbers.in_use(tx, act.absorbed))
        return
    await numbers.in_use(tx, act.number)
    _check_parts(act, (await numbers.standing(tx, [act.number]))[act.number])
    if act.again is not None and await tx.fetchval(SQL["merged_into"], act.again.encode()) != act.number.encode():
        raise NumberRefused("not-merged-into-it", "again")


def _check_one_person(one: Holder, other: Holder) -> None:
    if None not in {one.my_number, other.my_number}:
        raise NumberRefused("two-my-numbers", "togo_atena_no")


def _check_parts(act: Split, there: Sequence[Link]) -> None:
    if not act.links:
        raise NumberRefused("nobody-moves", "links")
    if len({*act.links}) != len(act.links):
        raise NumberRefused("named-twice", "links")
    if not {*act.links} <= {*there}:
        raise NumberRefused("not-linked", "links")
    if {*act.links} == {*there}:
        raise NumberRefused("nobody-remains", "links")


async def carry_out(tx: Connection, act: Act, approved: Approved, now: datetime) -> str:
    """Do it in the open transaction; the number that the act is about afterwards. Raises NumberRefused, Moved."""
    held = await _lock_residents(tx, act)
    await numbers.lock(tx)
    if await tx.fetchval(SQL["is_done"], approved.request):
        raise NumberRefused("already-approved", "request")
    await check(tx, act)
    if not await _residents(tx, act) <= held:
        raise Moved("moved-meanwhile", "atena")
    number = await (_merge(tx, act, approved, now) if isinstance(act, Merge) else _split(tx, act, approved, now))
    await tell(tx, {*act.numbers, number}, now)
    return number


async def _lock_residents(tx: Connection, act: Act) -> set[UUID]:
    found = await _residents(tx, act)
    await tx.fetch(outbox.SQL["lock"], sorted(found))
    return found


async def _residents(tx: Connection, act: Act) -> set[UUID]:
    rows = await tx.fetch(SQL["residents"], [number.encode() for number in act.numbers])
    return {UUID(int=row["resident"].int) for row in rows}


async def _merge(tx: Connection, act: Merge, approved: Approved, now: datetime) -> str:
    await numbers.absorb(tx, act.absorbed, act.number, now, approved)
    return act.number


async def _split(tx: Connection, act: Split, approved: Approved, now: datetime) -> str:
    before = await numbers.standing(tx, [act.number])
    theirs = await _reopened(tx, act, now)
    await tx.execute(SQL["move_some"], theirs.encode(), *_columns(act.links))
    if act.with_my_number:
        await _move_my_number(tx, act.number, theirs)
    await tx.execute(SQL["take_apart"], theirs.encode(), act.number.encode())
    after = await numbers.standing(tx, [act.number, theirs])
    await numbers.note(tx, "split", now, (theirs, act.number), before, after, approved)
    return theirs


async def _reopened(tx: Connection, act: Split, now: datetime) -> str:
    if act.again is None:
        return await numbers.allot(tx, None, now)
    await tx.execute(SQL["reopen"], act.again.encode())
    return act.again


async def _move_my_number(tx: Connection, number: str, theirs: str) -> None:
    my_number = await tx.fetchval(SQL["my_number"], number.encode())
    await tx.execute(SQL["set_my_number"], number.encode(), None)  # first: it is nobody's twice
    await tx.execute(SQL["set_my_number"], theirs.encode(), my_number)
    await tx.execute(SQL["move_former"], number.encode(), theirs.encode())


def _columns(links: Iterable[Link]) -> tuple[list[str], list[bytes]]:
    asked = list(links)
    return [link.system for link in asked], [link.atena_no.encode() for link in asked]


async def tell(tx: Connection, changed: Iterable[str], now: datetime) -> None:
    """A Change for everybody on the register whose record shows another number than they have."""
    rows = await tx.fetch(SQL["records"], [number.encode() for number in changed], JUKI)
    drafts = [draft for row in rows if (draft := _draft(row, today(now).isoformat())) is not None]
    for draft in drafts:
        await tx.execute(SQL["set_record"], draft.resident, orjson.dumps(draft.after))
    if drafts:
        await outbox.record(tx, drafts, now)


def _draft(row: Any, day: str) -> Draft | None:
    record, number = orjson.loads(row["record"]), row["number"].decode()
    if record.get("togo_atena_no") == number:
        return None
    return Draft(UUID(int=row["resident"].int), RELINKED, record, {**record, "togo_atena_no": number}, day)
