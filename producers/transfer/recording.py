"""Carrying an approved order out: of each resident a SNAPSHOT for its contract, and for no more than its items.

It is recorded into the outbox behind the resident's lock, with the record of that moment, and goes the way of every
Change: decided by the Book of the day, sealed, on the ledger, handed over. Ids follow from order and resident, so that
who was recorded before a cut is not recorded twice. Of whom the contract may be told nothing (removed since, out of its
population, protected from it) nothing is recorded. It rests while the outbox holds much: living traffic goes first.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

import orjson

from contracts.change import parse
from contracts.contract import Contract
from contracts.decide import Disclosure, decide
from contracts.kinds import SNAPSHOT
from hub.database import Database, Row, queries
from producers import snapshot
from producers.outbox import Draft, encoded, microseconds, record
from producers.snapshot import PAGE
from producers.todokede import today

BACKLOG: Final = 5000
"""Rows in the outbox above which it rests."""
_LOOK_AGAIN: Final = 0.2
_COUNTED: Final = 5000

SQL = queries(Path(__file__).with_suffix(".sql"))


async def carry_out(  # noqa: PLR0913 - the last two are the outside world
    db: Database, order: UUID, contract: Contract, items: Sequence[str], residents: Iterable[UUID],
    clock: Callable[[], datetime], rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> int:  # fmt: skip
    """Record all of it; of how many residents there is a Change of this order now."""
    people = sorted({*residents})
    for start in range(0, len(people), PAGE):
        while await db.fetchval(snapshot.SQL["backlog"], BACKLOG + 1) > BACKLOG:
            await rest(_LOOK_AGAIN)
        now = clock()
        async with db.transaction() as tx:
            rows = await tx.fetch(SQL["held"], people[start : start + PAGE])
            asked = (_draft(order, contract, items, row, now) for row in rows)
            drafts = [draft for draft in asked if _is_told(draft, contract, now)]
            if drafts:
                await record(tx, drafts, now)
    return await _recorded(db, [*changes(order, people)])


def changes(order: UUID, residents: Iterable[UUID]) -> Iterable[UUID]:
    """The ids of the Changes of an order."""
    return (uuid5(order, str(resident)) for resident in residents)


def _draft(order: UUID, contract: Contract, items: Sequence[str], row: Row, now: datetime) -> Draft:
    resident = UUID(int=row["resident"].int)
    return Draft(
        resident, SNAPSHOT, None, orjson.loads(row["record"]), today(now).isoformat(), id=uuid5(order, str(resident)),
        to=(contract.id,), transfer={"order": str(order), "items": sorted(items)},
    )  # fmt: skip


def _is_told(draft: Draft, contract: Contract, now: datetime) -> bool:
    change = parse(encoded(draft, microseconds(now)))
    return isinstance(decide(change, contract, today(now)), Disclosure)


async def _recorded(db: Database, ids: Sequence[UUID]) -> int:
    pages = (ids[at : at + _COUNTED] for at in range(0, len(ids), _COUNTED))
    return sum([int(await db.fetchval(SQL["recorded"], page)) for page in pages])
