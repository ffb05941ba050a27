"""The outbox as a source: one shard of the table, in one transaction, which is all that holds and acknowledges."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from hub.database import Connection, Database, queries
from producers.capture.source import Taken

SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Outbox:
    """One shard; `size`: rows per transaction."""

    registry: Database
    shard: int
    size: int

    @asynccontextmanager
    async def lot(self) -> AsyncIterator["OutboxLot | None"]:
        """The oldest rows; None where nothing is there, or another relay has this shard."""
        if await self.registry.fetchval(SQL["waiting"], self.shard) is None:
            yield None
            return
        async with self.registry.transaction() as tx:
            if not await tx.fetchval(SQL["lead"], self.shard):
                yield None
                return
            rows = await tx.fetch(SQL["oldest"], self.shard, self.size)
            taken = [Taken(row["id"], UUID(int=row["resident"].int), row["change"]) for row in rows]
            yield OutboxLot(tx, self.shard, taken)


@dataclass(frozen=True, slots=True)
class OutboxLot:
    """Rows that are deleted when they are acknowledged."""

    tx: Connection
    shard: int
    rows: Sequence[Taken]

    async def acknowledge(self, ids: Sequence[int]) -> None:
        """Delete them with this transaction."""
        await self.tx.execute(SQL["done"], self.shard, list(ids))

    async def halt(self, resident: UUID, code: str) -> None:
        """Leave this resident's rows where they are."""
        await self.tx.execute(SQL["halt"], resident, code)
