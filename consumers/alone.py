"""One command at a time works at a thing: the run of a plan, the files of a contract. Whoever dies lets it go."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hub.database import Connection, Database, queries
from hub.errors import NotPermitted

_SQL = queries(Path(__file__).with_suffix(".sql"))


@asynccontextmanager
async def alone(database: Database, what: str, busy: NotPermitted) -> AsyncIterator[Connection]:
    """The connection that holds the lock on `what` until the block is left; `busy` is raised where another one does."""
    async with database.connection() as held:
        if not await held.fetchval(_SQL["lock"], what):
            raise busy
        try:
            yield held
        finally:
            await held.fetchval(_SQL["unlock"], what)
