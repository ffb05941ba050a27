"""Many at once: a city that is loaded, and a register that was there before there were numbers.

`copy` is for whoever copies residents that nobody knew before, in the same transaction. `fill` enters everybody of the
register who is not linked yet, a page at a time, and may be begun again; their records' numbers stay, unless somebody
with their 個人番号 is known already.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from hub.database import Connection, Database, queries
from producers.atena import numbers
from producers.atena.decide import Stated
from producers.atena.form import JUKI, encoded, identity_of, of_record
from producers.atena.giving import carry_out
from producers.atena.joining import tell
from producers.household import Record
from producers.register import optional

SQL = queries(Path(__file__).with_suffix(".sql"))
PAGE = 2000
_TOGO = ["number", "my_number", "allotted_at"]
_ATENA = ["system", "atena_no", "number", "identity", "alike"]
_KINDS = ("atena_no", "togo_atena_no", "my_number")

Row = tuple[Any, ...]


async def copy(tx: Connection, records: Iterable[Record], now: datetime) -> None:
    """Copy the numbers of these residents, each of whom is new here and has the number that the record shows."""
    togo, atena = copy_rows(records, now)
    await numbers.lock(tx)
    await tx.copy("registry", "togo", _TOGO, togo)
    await tx.copy("registry", "atena", _ATENA, atena)


def copy_rows(records: Iterable[Record], now: datetime) -> tuple[list[Row], list[Row]]:
    """The rows of registry.togo and of registry.atena."""
    togo, atena = [], []
    for record in records:
        number = record["togo_atena_no"].encode()
        togo.append((number, optional(record.get("my_number")), now))
        atena.append((JUKI, record["atena_no"].encode(), number, *encoded(identity_of(record))))
    return togo, atena


async def fill(db: Database, now: datetime) -> int:
    """Enter everybody of the register who is not linked yet; how many there were."""
    entered, last = 0, UUID(int=0)
    while True:
        async with db.transaction() as tx:
            rows = await tx.fetch(SQL["unlinked"], last, PAGE)
            await numbers.lock(tx)
            await _enter(tx, [orjson.loads(row["record"]) for row in rows], now)
        if not rows:
            return entered
        entered, last = entered + len(rows), rows[-1]["resident"]


async def _enter(tx: Connection, page: list[Record], now: datetime) -> None:
    taken = await _taken(tx, page)
    await copy(tx, [record for record in page if _is_new(record, taken)], now)
    given = [await _one(tx, record, now) for record in page if not _is_new(record, taken)]
    await tell(tx, given, now)


def _is_new(record: Record, taken: set[tuple[str, bytes]]) -> bool:
    return record.get("togo_atena_no") is not None and taken.isdisjoint(_keys(record))


async def _one(tx: Connection, record: Record, now: datetime) -> str:
    request, stated = of_record(record), Stated(record.get("my_number"), by_register=True)
    step = await numbers.decided(tx, stated, request.link())
    return (await carry_out(tx, step, request, now, record.get("togo_atena_no"))).number


async def _taken(tx: Connection, page: list[Record]) -> set[tuple[str, bytes]]:
    """What somebody has already of all that these records would bring, and what two of them bring."""
    keys = Counter(key for record in page for key in _keys(record))
    kinds = [[value for kind, value in keys if kind == wanted] for wanted in _KINDS]
    rows = await tx.fetch(SQL["taken"], *kinds)
    return {(row["kind"], row["value"]) for row in rows} | {key for key, count in keys.items() if count > 1}


def _keys(record: Record) -> set[tuple[str, bytes]]:
    values = (record.get(item) for item in _KINDS)
    return {(kind, value.encode()) for kind, value in zip(_KINDS, values, strict=True) if value is not None}
