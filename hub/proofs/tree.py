"""The tree over a log, as PostgreSQL keeps it: hashes of leaves, and of complete nodes of 2^8, 2^16, … leaves.

So any hash, and with it any proof, is had from a few ranges of at most 256 rows, however many leaves there are.
"""

from collections.abc import Iterable
from typing import Final, Protocol

from contracts.errors import JukiError
from hub.database import Connection, Row
from hub.proofs import merkle
from hub.proofs.logs import Log

STEP: Final = 8
"""Levels of the tree from one that is kept to the next."""
_TILES: Final = 32
"""Nodes that are made of one look at what is below them."""


class Rows(Protocol):
    """What asks: a Database, or a Connection within a transaction."""

    async def fetch(self, sql: str, *args: object) -> list[Row]:
        """All rows."""

    async def fetchval(self, sql: str, *args: object) -> object:
        """The first value."""


async def size(rows: Rows, log: Log) -> int:
    """How many leaves there are."""
    return int(str(await rows.fetchval(log.sql["size"])))


async def root(rows: Rows, log: Log, leaves: int) -> bytes:
    """The root above the first `leaves`."""
    return await above(rows, log, (0, leaves))


async def above(rows: Rows, log: Log, place: merkle.Range) -> bytes:
    """The hash of a node of the tree; JukiError where rows of it are missing."""
    return merkle.joined([await _subtree(rows, log, start, height) for start, height in merkle.complete(*place)])


async def along(rows: Rows, log: Log, places: Iterable[merkle.Range]) -> list[bytes]:
    """The hashes that a proof consists of."""
    return [await above(rows, log, place) for place in places]


async def completed(tx: Connection, log: Log, since: int, until: int) -> None:
    """Keep the nodes that are complete with `until` leaves and were not with `since`, level by level."""
    level = STEP
    while until >> level:
        for first in range(since >> level, until >> level, _TILES):
            last = min(first + _TILES, until >> level)
            below = await hashes(tx, log, level - STEP, first << STEP, last << STEP)
            nodes = [merkle.Tree(below[at : at + (1 << STEP)]).root for at in range(0, len(below), 1 << STEP)]
            await tx.executemany(log.sql["insert_node"], [(level, first + n, node) for n, node in enumerate(nodes)])
        level += STEP


async def _subtree(rows: Rows, log: Log, start: int, height: int) -> bytes:
    level = height // STEP * STEP
    return merkle.Tree(await hashes(rows, log, level, start >> level, (start + (1 << height)) >> level)).root


async def hashes(rows: Rows, log: Log, level: int, first: int, last: int) -> list[bytes]:
    """Those of one level, all of them."""
    asked = (log.sql["leaves"], first, last) if level == 0 else (log.sql["nodes"], level, first, last)
    found = [bytes(row["hash"]) for row in await rows.fetch(*asked)]
    if len(found) != last - first:
        raise JukiError("ledger-tree-torn", f"{log.name}: level {level} at {first}")
    return found
