"""Writing a log out for an auditor: every line up to the newest checkpoint, each with its proof; and receipts.

What is written is what the database holds, beside the hashes that were signed: a line that is no longer the same is
written as it is, and found by whoever verifies. It is read in ranges of leaves, so a large log takes time and not
memory: 32 bytes for every 256 leaves are held.
"""

from collections.abc import AsyncIterator, Callable
from uuid import UUID

from contracts.errors import JukiError
from hub.database import Database
from hub.errors import UsageError
from hub.proofs import checkpoints, form, merkle, tree
from hub.proofs.checkpoints import Signed
from hub.proofs.logs import LEDGER, Log

TILE = 1 << tree.STEP
_PAGE = 16 * TILE


async def export(
    database: Database, signed: Signed, tell: Callable[[int], None] = lambda _: None, log: Log = LEDGER
) -> AsyncIterator[bytes]:
    """The lines of an export, under this checkpoint; `tell` hears how many leaves are written."""
    yield form.head(form.EXPORT, signed.note)
    size = signed.checkpoint.size
    tiles = await _tiles(database, log, size)
    for start in range(0, size, _PAGE):
        end = min(start + _PAGE, size)
        rows = await database.fetch(log.sql["lines"], start, end)
        if len(rows) != end - start:
            raise JukiError("ledger-tree-torn", f"{log.name}: leaf {start}")
        notes = {row["size"]: row["note"] for row in await database.fetch(log.sql["between"], start, end, size)}
        for at in range(0, len(rows), TILE):
            leaves = [(bytes(row["hash"]), row["line"] or b"") for row in rows[at : at + TILE]]
            for line in form.tile(start + at, leaves, tiles.path((start + at) // TILE), notes):
                yield line
        tell(end)


async def _tiles(database: Database, log: Log, size: int) -> merkle.Tree:
    """The tree above all tiles; the last of them may not be full."""
    full = size // TILE
    roots = await tree.hashes(database, log, tree.STEP, 0, full)
    if size % TILE:
        roots.append(await tree.above(database, log, (full * TILE, size)))
    return merkle.Tree(roots)


async def receipt(database: Database, wanted: UUID | int, log: Log = LEDGER) -> tuple[list[bytes], int]:
    """A receipt of every line of a change or of a disclosure, or of an entry of the audit; and how many lines are too
    new to be under a checkpoint.

    UsageError where the log knows no such id; JukiError where nothing of it is signed yet.
    """
    signed = await checkpoints.newest(database, log)
    size = signed.checkpoint.size
    found = [row["leaf"] for row in await database.fetch(log.sql["found"], wanted)]
    if not found:
        raise UsageError("unknown-id", "ID", log.unknown)
    provable = [leaf for leaf in found if leaf < size]
    if not provable:
        raise JukiError("not-signed-yet", str(wanted))
    written = [form.head(form.RECEIPT, signed.note)]
    for leaf in provable:
        [row] = await database.fetch(log.sql["lines"], leaf, leaf + 1)
        way = await tree.along(database, log, merkle.inclusion(leaf, size))
        written.append(form.leaf(leaf, way, row["line"] or b""))
    return written, len(found) - len(provable)
