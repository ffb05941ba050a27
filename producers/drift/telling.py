"""Telling again: residents of whom a counterpart does not hold what it should are told to it anew, the normal way.

Nothing is written anywhere but into the outbox: a SNAPSHOT for this one contract, recorded behind the resident's lock
with the record as it stands, which is decided by the Book of the day, sealed, put on the ledger and handed over like
any Change. Of whom the counterpart should not have, it says so in the shape of that: of somebody removed, the last
record and none behind it (消除); of somebody whom the contract no longer concerns, the last record that it knew and the
one of today, of which the decision tells the identifier alone. Who was removed when the contract did not concern them
any more (protected, 支援措置) is one of these: their last record stands for that of today, and no earlier one is told.
What would be told nothing is not recorded.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import orjson

from contracts.change import parse
from contracts.contract import Contract
from contracts.decide import Disclosure, belongs, decide
from contracts.kept import kept
from contracts.kinds import SNAPSHOT
from hub.database import Connection, Database, Row, queries
from producers.household import Record
from producers.outbox import Draft, encoded, microseconds, record
from producers.snapshot import PAGE
from producers.todokede import today

SQL = queries(Path(__file__).with_suffix(".sql"))


async def tell_again(
    db: Database, run: UUID, contract: Contract, residents: Sequence[UUID], now: datetime
) -> list[UUID]:
    """Record what tells `contract` again of these residents; of whom. The same `run` again records nothing twice."""
    told: list[UUID] = []
    people = sorted({*residents})
    for start in range(0, len(people), PAGE):
        async with db.transaction() as tx:
            rows = await tx.fetch(SQL["held"], people[start : start + PAGE])
            drafts = [draft for row in rows if (draft := await _draft(tx, run, contract, row, now))]
            if drafts:
                await record(tx, drafts, now)
        told += [draft.resident for draft in drafts]
    return told


async def _draft(tx: Connection, run: UUID, contract: Contract, row: Row, now: datetime) -> Draft | None:
    resident, last, on = UUID(int=row["resident"].int), orjson.loads(row["record"]), today(now)
    if row["status"] == "registered" and kept(last, contract, on) is not None:
        shape: tuple[Record | None, Record | None, Any] | None = None, last, on.isoformat()
    else:
        past = [orjson.loads(one["body"]) for one in await tx.fetch(SQL["past"], resident)]
        shape = departed(contract, last if row["status"] == "registered" else None, last, past, on)
    if shape is None:
        return None
    before, after, effective_on = shape
    draft = Draft(
        resident, SNAPSHOT, before, after, effective_on, id=uuid5(run, str(resident)), to=(contract.id,)
    )  # fmt: skip
    change = parse(encoded(draft, microseconds(now)))
    return draft if isinstance(decide(change, contract, on), Disclosure) else None


def departed(
    contract: Contract, now: Record | None, last: Record, past: Sequence[Any], on: date
) -> tuple[Record | None, Record | None, Any] | None:
    """Before, after and day of what tells that somebody is gone; None where the contract could never have known them.

    `now`: their record, None for who was removed; `past`: their Changes, the newest first.
    """
    eve = on - timedelta(days=1)
    known = next((one for one in chain([last], _records(past)) if belongs(one, contract, eve)), None)
    if known is None:
        return None
    if now is None and belongs(last, contract, eve):
        return known, None, past[0]["effective_on"] if past and past[0]["after"] is None else on.isoformat()
    return known, last, on.isoformat()


def _records(past: Sequence[Any]) -> Iterator[Record]:
    for change in past:
        yield from (one for one in (change["after"], change["before"]) if one is not None)
