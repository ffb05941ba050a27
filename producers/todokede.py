"""The counter: a 届出 is accepted in one PostgreSQL transaction, refused with a code, or recognised as a repeat.

In order: the receipt is entered, which makes a repeat wait for and then find the first; everybody concerned is locked;
the act decides; records, history and outbox are written. Whatever is raised on the way leaves nothing behind. The same
receipt with the same content is a repeat and does nothing; with other content it is refused. `file` and `answer` are
what other programs call (README, "In Python").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import orjson

from contracts.change import JAPAN
from contracts.door import read_json
from hub.database import Connection, Database
from hub.errors import ChangeRefused
from producers import notices, outbox, protected
from producers.acts import ACTS
from producers.atena.following import follow
from producers.household import View
from producers.notices import Notice
from producers.outbox import Draft, Recorded
from producers.refusals import NoticeRefused
from producers.register import SQL, Concern, Moved, view, write

_ATTEMPTS = 5
"""How often an act is begun again because somebody concerned has moved in the meantime."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the counter answers: the result, the receipt where it could be read, and the ids of the Changes.

    `remarks`: codes of what the clerk is told about a notice that is accepted (`producers.refusals.REMARKS`).
    """

    result: Literal["accepted", "refused", "repeated"]
    receipt: str | None
    changes: tuple[str, ...] = ()
    code: str | None = None
    place: str = ""
    remarks: tuple[str, ...] = ()

    def wire(self, line: int) -> dict[str, Any]:
        """One line of the answer of `jukihub todokede`."""
        told: dict[str, Any] = {"line": line, "receipt": self.receipt, "result": self.result}
        if self.code is not None:
            told |= {"code": self.code} | ({"place": self.place} if self.place else {})
        told |= {"remarks": list(self.remarks)} if self.remarks else {}
        return told | {"changes": list(self.changes)}


async def answer(db: Database, line: bytes, now: datetime) -> Answer:
    """The answer to one line of JSON: `file`, with every refusal as a value. Database errors are raised."""
    receipt = None
    try:
        value = read_json(line)
        receipt = receipt_of(value)
        return await file(db, value, now)
    except (NoticeRefused, ChangeRefused) as refused:
        return Answer("refused", receipt, (), refused.code, refused.place)


async def file(db: Database, value: Any, now: datetime) -> Answer:
    """File one notice (JSON value) at the time `now`; raises NoticeRefused or ChangeRefused where it is refused."""
    notice = notices.read(value)
    notice.check_day(today(now))
    for _ in range(_ATTEMPTS):
        try:
            async with db.transaction() as tx:
                return await _once(tx, notice, _canonical(value), now)
        except Moved:
            continue
    raise NoticeRefused("too-busy")


def today(now: datetime) -> date:
    """The day in Japan."""
    return now.astimezone(JAPAN).date()


async def _once(tx: Connection, notice: Notice, body: bytes, now: datetime) -> Answer:
    receipt = notice.receipt.encode()
    if not await tx.execute(SQL["notice_first"], receipt, body, now):
        return await _repeated(tx, notice, body)
    changes = await _act(tx, notice, now)
    await tx.execute(SQL["notice_done"], receipt, changes)
    return Answer("accepted", notice.receipt, tuple(map(str, changes)), remarks=notice.remarks())


async def _repeated(tx: Connection, notice: Notice, body: bytes) -> Answer:
    before = await tx.fetchrow(SQL["notice_before"], notice.receipt.encode())
    if before is None or before["body"] != body:
        raise NoticeRefused("reused-receipt", "receipt")
    return Answer("repeated", notice.receipt, tuple(map(str, before["changes"])), remarks=notice.remarks())


async def _act(tx: Connection, notice: Notice, now: datetime) -> list[UUID]:
    seen = await view(tx, _concern(notice), today(now))
    drafts = ACTS[notice.act](notice, seen)
    recorded = await carry_out(tx, drafts, seen, now)
    await protected.keep(tx, notice, drafts)
    return [one.id for one in recorded]


async def carry_out(tx: Connection, drafts: Sequence[Draft], seen: View, now: datetime) -> list[Recorded]:
    """Write what was decided of the register as it was `seen`: its numbers, records, history and outbox."""
    followed = await follow(tx, drafts, now)
    await write(tx, followed, seen)
    return await outbox.record(tx, followed, now)


def _concern(notice: Notice) -> Concern:
    return Concern(
        notice.concerns(), notice.brings(), notice.joins(), notice.allots(), notice.undoes(), notice.looks_back
    )


def _canonical(value: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a lone surrogate
        raise ChangeRefused("bad-encoding") from None


def receipt_of(value: Any) -> str | None:
    """The receipt number in a JSON value; None where it has none of that form."""
    receipt = value.get("receipt") if isinstance(value, dict) else None
    return receipt if isinstance(receipt, str) and notices.RECEIPT.fullmatch(receipt) else None
