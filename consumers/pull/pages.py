"""A page of what one contract may fetch now: sealed tokens as they lie, with the place where they lie.

Oldest first, so that each resident's come in order; nothing behind a dead letter of its resident. Nothing is opened:
only the name of its key is looked at, because what was sealed with a destroyed key is erased and goes to nobody. One
whose key there never was is a dead letter, and holds up its own resident alone.
A cursor is the id of the last disclosure of a page: it says nothing of how many others there are, and one of another
contract is none. Reading moves nothing; what is not acknowledged comes again whenever it is asked for without a cursor.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from consumers.settle import Ended, Head, Settler
from hub.database import Database, Row, queries
from hub.errors import KeyDestroyed, TokenRefused, UsageError
from hub.keys import DESTROYED, KeyStore
from hub.outcome import Refused
from hub.seal import header

LARGEST_PAGE: Final = 4 * 1024 * 1024
"""Bytes of tokens on one page, unless one alone is larger."""

_BEGINNING: Final = 0
_SQL = queries(Path(__file__).with_name("pages.sql"))


@dataclass(frozen=True, slots=True)
class Page:
    """What may be fetched. `more`: there is more behind it; `earlier`: how many wait up to the cursor."""

    items: tuple[dict[str, Any], ...]
    cursor: UUID | None
    more: bool
    earlier: int
    etag: str


async def page(  # noqa: PLR0913 - whose, from where, how much
    database: Database, keys: KeyStore, settler: Settler, contract: str, topic: str, cursor: UUID | None, limit: int
) -> Page:
    """The page behind `cursor`; UsageError (unknown-cursor) where that is no disclosure of this contract."""
    after = await _place(database, contract, cursor)
    rows = await database.fetch(_SQL["page"], contract, after, limit + 1, LARGEST_PAGE)
    alive = await _alive(keys, settler, rows[:limit])
    earlier = await database.fetchval(_SQL["earlier"], contract, after) if cursor else 0
    more = bool(rows) and rows[0]["due"] > min(len(rows), limit)
    last = alive[-1]["id"] if alive else cursor
    return Page(tuple(_item(row, topic) for row in alive), last, more, earlier, _etag(alive, more, earlier))


async def _place(database: Database, contract: str, cursor: UUID | None) -> int:
    if cursor is None:
        return _BEGINNING
    found: int | None = await database.fetchval(_SQL["place"], contract, cursor)
    if found is None:
        raise UsageError("unknown-cursor", "cursor", "Ask without a cursor")
    return found


async def _alive(keys: KeyStore, settler: Settler, rows: Sequence[Row]) -> list[Row]:
    """Those whose key there is, and no letter of their resident before them."""
    alive: list[Row] = []
    behind: set[bytes] = set()
    for row in rows:
        if row["subject"] in behind:
            continue
        code = await _lacking(keys, row["token"])
        if not code:
            alive.append(row)
            continue
        head = Head(row["id"], row["subject"], row["partition"], row["token"], row["attempts"], row["flagged"], None,
                    row["plan"])  # fmt: skip
        await settler.settle(head, Ended(Refused(code), None), 0.0)
        if code != DESTROYED:
            behind.add(row["subject"])
    return alive


async def _lacking(keys: KeyStore, token: bytes) -> str:
    """Why nobody will open this token, as far as its key says; empty where it may open."""
    try:
        await keys.by_kid(header(token)["kid"])
    except TokenRefused as refused:
        return DESTROYED if isinstance(refused, KeyDestroyed) else refused.code
    return ""


def _item(row: Row, topic: str) -> dict[str, Any]:
    return {
        "id": str(row["id"]), "topic": topic, "partition": row["partition"], "offset": row["record_offset"],
        "key": row["subject"].hex(), "seq": row["seq"], "token": row["token"].decode("ascii"),
        "protected": row["flagged"],
    }  # fmt: skip


def _etag(alive: Sequence[Row], more: bool, earlier: int) -> str:
    """What a page is known by: the same as long as the same disclosures are on it, in the same attempt."""
    said = [f"{row['id']}.{row['attempts']}.{row['flagged']}" for row in alive]
    return '"' + hashlib.sha256(f"{said} {more} {earlier}".encode()).hexdigest()[:32] + '"'
