"""The outbox as a source: some shards of the table, in one transaction, which is all that holds and acknowledges."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from hub.database import Connection, Database, queries
from producers.capture.source import Taken

SQL = queries(Path(__file__).with_suffix(".sql"))


async def waiting(registry: Database, shards: Sequence[int]) -> Sequence[int]:
    """Those of `shards` on which rows wait."""
    return [row["shard"] for row in await registry.fetch(SQL["waiting"], shards)]


@dataclass(frozen=True, slots=True)
class Outbox:
    """Some shards; `size`: rows of each per transaction."""

    registry: Database
    shards: Sequence[int]
    size: int

    @asynccontextmanager
    async def lot(self) -> AsyncIterator["OutboxLot | None"]:
        """The oldest rows of those that no other relay has; None where others have all of them."""
        async with self.registry.transaction() as tx:
            led = [row["shard"] for row in await tx.fetch(SQL["lead"], self.shards)]
            yield OutboxLot(tx, led, await _oldest(tx, led, self.size)) if led else None


async def _oldest(tx: Connection, shards: Sequence[int], size: int) -> list[Taken]:
    rows = await tx.fetch(SQL["oldest"], shards, size)
    return [Taken(row["id"], UUID(int=row["resident"].int), row["change"]) for row in rows]


@dataclass(frozen=True, slots=True)
class OutboxLot:
    """Rows that are deleted when they are acknowledged."""

    tx: Connection
    shards: Sequence[int]
    rows: Sequence[Taken]

    async def acknowledge(self, ids: Sequence[int]) -> None:
        """Delete them with this transaction."""
        if ids:
            await self.tx.execute(SQL["done"], self.shards, ids)

    async def halt(self, resident: UUID, code: str) -> None:
        """Leave this resident's rows where they are."""
        await self.tx.execute(SQL["halt"], resident, code)
