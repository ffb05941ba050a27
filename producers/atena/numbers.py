"""The tables of numbers: looked at, and altered, under one lock. What is decided is decided elsewhere.

Whoever gives, moves or joins a number takes `lock` first and holds it until the transaction ends. It is the last lock
of every transaction that takes it, so nobody waits for each other, and what is read behind it is committed. What two
numbers prove to be is noted in the trail with who was linked to which before and after: links, and no 個人番号.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from hub.database import Connection, Row, queries
from hub.people import Person
from producers.atena.decide import Holder, Stated, Step, decide
from producers.atena.form import Link, Request, encoded
from producers.atena.refusals import NumberRefused
from producers.register import optional

SQL = queries(Path(__file__).with_suffix(".sql"))

Standing = Mapping[str, list[Link]]
"""Numbers, and who is linked to each."""


@dataclass(frozen=True, slots=True)
class Approved:
    """By which request an act of two persons happens, and who has approved it."""

    request: UUID
    by: Person


async def lock(tx: Connection) -> None:
    """From here on numbers are this transaction's alone."""
    await tx.fetch(SQL["lock"])


async def linked(tx: Connection, link: Link) -> Holder | None:
    """Whose this 宛名番号 is."""
    return _holder(await tx.fetchrow(SQL["linked"], *_key(link)))


async def holder(tx: Connection, my_number: str | None) -> Holder | None:
    """Whose this 個人番号 is, or was until it was replaced."""
    return None if my_number is None else _holder(await tx.fetchrow(SQL["holder"], my_number.encode()))


async def decided(tx: Connection, stated: Stated, link: Link) -> Step:
    """What is to be done about somebody with a 宛名番号. Raises NumberRefused."""
    own, other = await linked(tx, link), await holder(tx, stated.my_number)
    apart = False
    if own is not None and other is not None and own.number != other.number:
        apart = await tx.fetchval(SQL["are_apart"], own.number.encode(), other.number.encode())
    return decide(stated, own, other, apart=apart)


async def in_use(tx: Connection, number: str) -> Holder:
    """The number, as one that is in use; NumberRefused `unknown-number`, `already-merged`."""
    row = await tx.fetchrow(SQL["state"], number.encode())
    if row is None:
        raise NumberRefused("unknown-number", "togo_atena_no")
    if row["merged_into"] is not None:
        raise NumberRefused("already-merged", "togo_atena_no")
    return _read(row)


async def allot(tx: Connection, my_number: str | None, now: datetime, proposed: str | None = None) -> str:
    """A number that nobody has had: `proposed`, or the next one."""
    number = proposed or await _next(tx)
    while not await tx.execute(SQL["allot"], number.encode(), optional(my_number), now):
        number = await _next(tx)
    return number


async def _next(tx: Connection) -> str:
    return f"9{await tx.fetchval(SQL['draw']):011d}"


async def link(tx: Connection, request: Request, number: str, asked: Request | None = None) -> None:
    """Link whom `request` names; `asked`: what came without a 宛名番号, where this one was allotted for it."""
    receipt, digest = (None, None) if asked is None else (optional(asked.receipt), asked.digest())
    if not await tx.execute(
        SQL["link"], *_key(request.link()), number.encode(), asked is not None, receipt, digest,
        *encoded(request.identity()),
    ):  # fmt: skip
        raise NumberRefused("atena-no-of-another", "atena_no")


async def restate(tx: Connection, request: Request) -> None:
    """Keep 基本4情報 as they were stated last."""
    await tx.execute(SQL["restate"], *_key(request.link()), *encoded(request.identity()))


async def learn(tx: Connection, number: str, my_number: str | None, now: datetime, *, corrects: bool) -> None:
    """The person's 個人番号 from now on. `corrects`: what was known before was never theirs."""
    known = await in_use(tx, number)
    if known.my_number is not None and not corrects:
        await tx.execute(SQL["keep_former"], number.encode())
    if my_number is not None:
        await tx.execute(SQL["not_former"], my_number.encode())
    await tx.execute(SQL["set_my_number"], number.encode(), optional(my_number))
    if known.my_number is not None:
        there = await standing(tx, [number])
        event = "my-number-corrected" if corrects else "my-number-replaced"
        await note(tx, event, now, (number, None), there, there)


async def absorb(
    tx: Connection, absorbed: str, number: str, now: datetime, approved: Approved | None = None
) -> None:
    """Two numbers are one person: `absorbed` is answered as merged into `number`, and everybody is linked to that."""
    pair = (number, absorbed)
    before = await standing(tx, pair)
    my_number = (await in_use(tx, absorbed)).my_number
    for statement in ("end", "move_links", "move_former"):
        await tx.execute(SQL[statement], absorbed.encode(), number.encode())
    if my_number is not None and (await in_use(tx, number)).my_number is None:
        await tx.execute(SQL["set_my_number"], number.encode(), my_number.encode())
    await tx.execute(SQL["no_longer_apart"], number.encode())
    await note(tx, "merged", now, pair, before, await standing(tx, pair), approved)


async def standing(tx: Connection, numbers: Iterable[str]) -> Standing:
    """Who is linked to these numbers now."""
    found: dict[str, list[Link]] = defaultdict(list, {number: [] for number in numbers})
    for row in await tx.fetch(SQL["links"], [number.encode() for number in found]):
        found[row["number"].decode()].append(Link(row["system"], row["atena_no"].decode()))
    return found


async def note(  # noqa: PLR0913 - every word of the trail
    tx: Connection, event: str, now: datetime, pair: tuple[str, str | None], before: Standing, after: Standing,
    approved: Approved | None = None,
) -> None:  # fmt: skip
    """One line of the trail, never altered."""
    who = (None, None, None) if approved is None else (approved.request, approved.by.id, approved.by.name)
    number, other = pair
    await tx.execute(SQL["note"], event, now, number.encode(), optional(other), *who, _said(before), _said(after))


def _key(link: Link) -> tuple[str, bytes]:
    return link.system, link.atena_no.encode()


def _said(there: Standing) -> bytes:
    return orjson.dumps({number: [link.wire() for link in links] for number, links in there.items()})


def _holder(row: Row | None) -> Holder | None:
    return None if row is None else _read(row)


def _read(row: Row) -> Holder:
    my_number: Any = row["my_number"]
    return Holder(row["number"].decode(), None if my_number is None else my_number.decode(), row["is_resident"])
