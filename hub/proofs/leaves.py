"""Every archived line is a leaf of one tree, numbered from 0 without a gap, in the transaction that archives it.

One tree for all partitions, because an auditor then has one checkpoint to keep and one file to verify. Transactions
that archive are committed one behind the other, by a lock, and that is the order; within a partition it is that of the
topic. The next number is read from the leaves themselves, so there is no counter that could differ from them. A line
that is written twice and archived once is one leaf.
"""

from pathlib import Path
from typing import Final

from hub.database import Connection, Database, queries

PAGE: Final = 5000
"""Lines that become leaves at a time; more than one poll of the archive brings."""

_SQL = queries(Path(__file__).with_suffix(".sql"))


async def grow(tx: Connection, partition: int) -> int:
    """Make leaves of what `tx` has archived; how many."""
    await tx.execute(_SQL["alone"])
    return await tx.execute(_SQL["grow"], partition, PAGE)


async def caught_up(database: Database, partition: int) -> None:
    """Make leaves of what was archived by a release that made none."""
    made = PAGE
    while made == PAGE:
        async with database.transaction() as tx:
            made = await grow(tx, partition)
