"""Checkpoints of the ledger: signed once it has grown, once a minute at most, each an extension of the one before.

Before anything is signed, the checkpoint before has to be one of the same key, and a consistency proof from it to the
tree of now, made of what the database has, has to hold: where leaves that were signed are changed or removed, nothing
more is signed. Complete nodes are read and not made again: a change far back is found by whoever verifies an export.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from contracts.errors import JukiError
from hub.database import Connection, Database
from hub.proofs import merkle, tree
from hub.proofs.note import Checkpoint, Signer, parsed
from hub.proofs.tree import SQL

EVERY: Final = timedelta(minutes=1)
"""What lies between two checkpoints at least."""
MOST: Final = 1 << 18
"""By how many leaves one checkpoint is ahead of the one before at most: an old archive is caught up with in steps."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint, as it was signed and kept."""

    checkpoint: Checkpoint
    note: str
    made_at: datetime


async def last(rows: tree.Rows) -> Signed | None:
    """The newest; None where nothing was signed yet."""
    for row in await rows.fetch(SQL["last"]):
        return Signed(parsed(row["note"]), row["note"], row["made_at"])
    return None


async def newest(rows: tree.Rows) -> Signed:
    """The newest; JukiError where nothing was signed yet."""
    if (signed := await last(rows)) is None:
        raise JukiError("nothing-signed", "ledger")
    return signed


async def sign(database: Database, signer: Signer, now: datetime) -> Signed | None:
    """Sign what there is, if it has grown and the last one is a minute old; None where it is not time."""
    async with database.transaction() as tx:
        await tx.execute(SQL["alone"])
        before, size = await last(tx), await tree.size(tx)
        was = before.checkpoint.size if before else 0
        if size == was or (before and before.made_at <= now < before.made_at + EVERY):
            return None
        if size < was:
            raise JukiError("ledger-not-extended", f"{size} leaves of {was}")
        return await _signed(tx, signer, before, min(size, was + MOST), now)


async def _signed(tx: Connection, signer: Signer, before: Signed | None, size: int, now: datetime) -> Signed:
    await tree.completed(tx, before.checkpoint.size if before else 0, size)
    root = await tree.root(tx, size)
    if before:
        await _check(tx, signer, before, size, root)
    note = signer.signed(size, root)
    await tx.execute(SQL["insert_checkpoint"], size, note, now)
    return Signed(parsed(note), note, now)


async def _check(tx: Connection, signer: Signer, before: Signed, size: int, root: bytes) -> None:
    """JukiError unless the tree of now is an extension of the one that this very key has signed."""
    was = signer.verifier.opened(before.note)
    proof = await tree.along(tx, merkle.consistency(was.size, size))
    if not merkle.extends(was.size, size, was.root, root, proof):
        raise JukiError("ledger-not-extended", f"since {was.size} leaves")
