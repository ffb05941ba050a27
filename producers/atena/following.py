"""The numbers follow the register: what an act decided, with the 団体内統合宛名番号 that its people really have.

`follow` stands between an act and what it writes, in the act's own transaction, so that no act need think of numbers:
whoever comes onto the register has the number of their 個人番号, or the one that the act proposes; whoever comes back
keeps theirs; a 個人番号 that was entered, replaced or corrected is taken down; 基本4情報 are kept as they are now.
Where a 個人番号 proves two numbers to be one person, the record shows the right one from this Change on.

The residents concerned are locked already, as always; the lock of numbers is taken only where a number is at stake.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hub.database import Connection
from producers.atena import giving, numbers
from producers.atena.decide import Stated
from producers.atena.form import JUKI, Link, of_record
from producers.atena.translating import numbers_of
from producers.household import Record
from producers.outbox import Draft

REPLACED: Final = frozenset({"MY_NUMBER_CHANGE_REQUESTED", "MY_NUMBER_CORRECTED_EX_OFFICIO"})
"""By these the old 個人番号 was theirs and is replaced (番号法7条2項). By any other kind it was written in error."""

_ITEM: Final = "togo_atena_no"
_IDENTITY: Final = ("name", "birth_date", "sex", "address")


async def follow(tx: Connection, drafts: Sequence[Draft], now: datetime) -> list[Draft]:
    """`drafts` with the numbers that apply, each beginning where the one before it ended. Raises NumberRefused."""
    known = dict(await numbers_of(tx, {_link(draft.after) for draft in drafts if draft.after is not None}))
    told: dict[UUID, str] = {}
    followed = []
    for draft in drafts:
        before = draft.before
        if before is not None and draft.resident in told:
            before = {**before, _ITEM: told[draft.resident]}
        after = draft.after
        if after is not None:
            number = known[_link(after)] = told[draft.resident] = await _number(tx, draft, after, known, now)
            after = {**after, _ITEM: number}
        followed.append(replace(draft, before=before, after=after))
    return followed


async def _number(tx: Connection, draft: Draft, after: Record, known: Mapping[Link, str], now: datetime) -> str:
    before, link = draft.before, _link(after)
    if before is None or link not in known:
        return await _entered(tx, after, now)
    if before.get("my_number") != after.get("my_number"):
        return await number_changed(tx, draft.kind, before, after, now)
    if any(before.get(item) != after.get(item) for item in _IDENTITY):
        await numbers.restate(tx, of_record(after))
    return known[link]


async def _entered(tx: Connection, after: Record, now: datetime) -> str:
    await numbers.lock(tx)
    return await _by_register(tx, after, Stated(after.get("my_number"), by_register=True), now)


async def number_changed(tx: Connection, kind: str, before: Record, after: Record, now: datetime) -> str:
    """Take down another 個人番号 of somebody on the register; their number from now on."""
    await numbers.lock(tx)
    own = await numbers.linked(tx, _link(after))
    theirs = kind in REPLACED and own is not None and own.my_number == before.get("my_number")
    stated = Stated(after.get("my_number"), by_register=True, corrects=not theirs)
    return await _by_register(tx, after, stated, now)


async def _by_register(tx: Connection, after: Record, stated: Stated, now: datetime) -> str:
    step = await numbers.decided(tx, stated, _link(after))
    proposed: Any = after.get(_ITEM)
    given = await giving.carry_out(tx, step, of_record(after), now, proposed, corrects=stated.corrects)
    return given.number


def _link(record: Record) -> Link:
    return Link(JUKI, str(record["atena_no"]))
