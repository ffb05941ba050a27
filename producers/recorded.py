"""What the registry has recorded, for those who look back: Changes of a period, and people whose age nobody knows.

A Change that left the broker long ago is still here, as it was told. It is personal data in the clear, for a pipe into
`jukihub explain -` or `jukihub contracts simulate --changes -` and not for a file.
"""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import orjson

from contracts.contract import Contract
from contracts.decide import age_is_unknown
from hub.database import Database, queries
from producers.household import Record

SQL = queries(Path(__file__).with_suffix(".sql"))
PAGE = 1000
_FIRST = UUID(int=0)


async def since(db: Database, begin: datetime) -> AsyncIterator[bytes]:
    """Every Change recorded from `begin` on, as it went out, in the order of recording."""
    first = int(begin.timestamp() * 1_000_000)
    last, change = first - 1, _FIRST
    while rows := await db.fetch(SQL["since"], first, last, change, PAGE):
        for row in rows:
            yield row["body"]
        ended = orjson.loads(rows[-1]["body"])
        last, change = ended["version"], UUID(ended["id"])


async def one(db: Database, change: UUID) -> bytes | None:
    """The Change with this id; None where none was recorded."""
    found: bytes | None = await db.fetchval(SQL["one"], change)
    return found


async def unknown_ages(db: Database, contracts: Iterable[Contract]) -> AsyncIterator[tuple[str, list[str]]]:
    """宛名番号 of everybody on the register whose year of birth is unknown, and the contracts leaving them out so."""
    limited, last = [*contracts], _FIRST
    while rows := await db.fetch(SQL["registered"], last, PAGE):
        for row in rows:
            record: Record = orjson.loads(row["record"])
            left_out = [contract.id for contract in limited if age_is_unknown(record, contract)]
            if left_out:
                yield record["atena_no"], left_out
        last = rows[-1]["resident"]
