"""Giving numbers: 検索 (0320004) and 付番 (0320002) upon a request, in the transaction of whoever asks.

A request is repeatable: the same again does nothing. One without 宛名番号 is of a 住登外者, is answered with a 宛名番号
of a range that no resident's is of, and is known again by its receipt or by the 個人番号; whoever has a 宛名番号 of the
city already keeps that one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from hub.database import Connection, Database
from producers.atena import numbers
from producers.atena.decide import Allot, Forget, Holder, Join, Known, Learn, Linked, Stated, Step
from producers.atena.form import Link, Request
from producers.atena.refusals import NumberRefused
from producers.register import optional

Result = Literal["allotted", "linked", "known", "merged"]


@dataclass(frozen=True, slots=True)
class Given:
    """The answer: `allotted` a new number, `linked` to one in use, `known` before, or two `merged` by it."""

    result: Result
    link: Link
    number: str

    def wire(self) -> dict[str, str]:
        """For machines; never a 個人番号."""
        return {**self.link.wire(), "result": self.result, "togo_atena_no": self.number}


async def give(db: Database, request: Request, now: datetime) -> Given:
    """One request in a transaction of its own. Raises NumberRefused."""
    async with db.transaction() as tx:
        return await given(tx, request, now)


async def given(tx: Connection, request: Request, now: datetime) -> Given:
    """The same in an open transaction, which holds the lock of numbers from here on."""
    await numbers.lock(tx)
    await _check_former(tx, request)
    if request.atena_no is None:
        return await _outsider(tx, request, await numbers.holder(tx, request.my_number), now)
    return await _known(tx, request, now)


async def _known(tx: Connection, request: Request, now: datetime) -> Given:
    stated = Stated(request.my_number, request.former_my_number)
    return await carry_out(tx, await numbers.decided(tx, stated, request.link()), request, now)


async def _outsider(tx: Connection, request: Request, holder: Holder | None, now: datetime) -> Given:
    before = await tx.fetchrow(numbers.SQL["receipt"], optional(request.receipt))
    if before is not None and before["asked"] != request.digest():
        raise NumberRefused("reused-receipt", "receipt")
    if before is not None:
        return Given("known", Link(request.system, before["atena_no"].decode()), before["number"].decode())
    known = await _of_the_city(tx, holder)
    if known is None:
        return await _enter(tx, request, holder, now)
    own = await numbers.linked(tx, Link(request.system, known))
    if holder is not None and own is not None and own.number != holder.number:
        raise NumberRefused("atena-no-of-another", "system")
    return await _known(tx, request.model_copy(update={"atena_no": known}), now)


async def _check_former(tx: Connection, request: Request) -> None:
    """What is said to have been replaced must be known as theirs: a change is told of somebody who is known."""
    if request.former_my_number is None:
        return
    own = None if request.atena_no is None else await numbers.linked(tx, request.link())
    former = await numbers.holder(tx, request.former_my_number)
    if own is None or former is None or former.number != own.number:
        raise NumberRefused("former-unknown", "former_my_number")


async def _of_the_city(tx: Connection, holder: Holder | None) -> str | None:
    found = None if holder is None else await tx.fetchval(numbers.SQL["of_the_city"], holder.number.encode())
    return None if found is None else str(found.decode())


async def _enter(tx: Connection, request: Request, holder: Holder | None, now: datetime) -> Given:
    atena_no = f"5{await tx.fetchval(numbers.SQL['draw_outsider']):010d}"
    number = await numbers.allot(tx, request.my_number, now) if holder is None else holder.number
    await numbers.link(tx, request.model_copy(update={"atena_no": atena_no}), number, request)
    return Given("allotted" if holder is None else "linked", Link(request.system, atena_no), number)


async def carry_out(  # noqa: PLR0913 - what was decided, of whom, when, and what only the register may say
    tx: Connection, step: Step, request: Request, now: datetime, proposed: str | None = None, *, corrects: bool = False
) -> Given:  # fmt: skip
    """Do what was decided on somebody with a 宛名番号. `proposed`: the number, where a new one is needed."""
    result, number = await _number(tx, step, request, now, proposed, corrects)
    await (numbers.restate(tx, request) if result in {"known", "merged"} else numbers.link(tx, request, number))
    return Given(result, request.link(), number)


async def _number(  # noqa: PLR0913 - as above
    tx: Connection, step: Step, request: Request, now: datetime, proposed: str | None, corrects: bool
) -> tuple[Result, str]:
    match step:
        case Allot():
            return "allotted", await numbers.allot(tx, request.my_number, now, proposed)
        case Linked(number):
            return "linked", number
        case Known(number):
            return "known", number
        case Forget(number):
            await numbers.learn(tx, number, None, now, corrects=True)
            return "known", number
        case Join(absorbed, number):
            await numbers.absorb(tx, absorbed, number, now)
            return "merged", number
        case Learn(number, absorbs):
            if absorbs is not None:
                await numbers.absorb(tx, absorbs, number, now)
            await numbers.learn(tx, number, request.my_number, now, corrects=corrects)
            return "known" if absorbs is None else "merged", number
