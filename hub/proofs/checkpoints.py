"""Checkpoints of a log: signed once it has grown, once a minute at most, each an extension of the one before.

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
from hub.proofs.logs import LEDGER, Log
from hub.proofs.note import Checkpoint, Signer, parsed

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


async def last(rows: tree.Rows, log: Log = LEDGER) -> Signed | None:
    """The newest; None where nothing was signed yet."""
    for row in await rows.fetch(log.sql["last"]):
        return Signed(parsed(row["note"]), row["note"], row["made_at"])
    return None


async def newest(rows: tree.Rows, log: Log = LEDGER) -> Signed:
    """The newest; JukiError where nothing was signed yet."""
    if (signed := await last(rows, log)) is None:
        raise JukiError("nothing-signed", log.name)
    return signed


async def sign(database: Database, signer: Signer, now: datetime, log: Log = LEDGER) -> Signed | None:
    """Sign what there is, if it has grown and the last one is a minute old; None where it is not time."""
    async with database.transaction() as tx:
        await tx.execute(log.sql["alone"])
        before, size = await last(tx, log), await tree.size(tx, log)
        was = before.checkpoint.size if before else 0
        if size == was or (before and before.made_at <= now < before.made_at + EVERY):
            return None
        if size < was:
            raise JukiError("ledger-not-extended", f"{log.name}: {size} leaves of {was}")
        return await _signed(tx, log, signer, before, min(size, was + MOST), now)


async def _signed(  # noqa: PLR0913 - what is signed, by whom, after what, when
    tx: Connection, log: Log, signer: Signer, before: Signed | None, size: int, now: datetime
) -> Signed:  # fmt: skip
    await tree.completed(tx, log, before.checkpoint.size if before else 0, size)
    root = await tree.root(tx, log, size)
    if before:
        was = signer.verifier.opened(before.note)
        proof = await tree.along(tx, log, merkle.consistency(was.size, size))
        _check(was, size, root, proof, log)
    note = signer.signed(size, root)
    await tx.execute(log.sql["insert_checkpoint"], size, note, now)
    return Signed(parsed(note), note, now)


def _check(was: Checkpoint, size: int, root: bytes, proof: list[bytes], log: Log) -> None:
    """JukiError unless the tree of now is an extension of the one that this very key has signed."""
    if not merkle.extends(was.size, size, was.root, root, proof):
        raise JukiError("ledger-not-extended", f"{log.name}: since {was.size} leaves")
