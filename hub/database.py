"""The one door to PostgreSQL. A failed statement leaves it as DatabaseError with its SQLSTATE and nothing else.

PostgreSQL quotes the values it objects to, in the message and in DETAIL, and asyncpg hands both on; so no exception
of asyncpg passes this door. A transaction commits on leaving its block in peace and rolls back otherwise. What a block
of `Database.connection` leaves in its session is swept before anybody else has it, and so is whatever ends by an error;
a statement or a transaction that was done leaves nothing.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, Never

import asyncpg

from hub.errors import DatabaseError, DependencyUnavailable

Row = Mapping[str, Any]

_REMEDY = "Start it with `jukihub up`, or point HUB_DATABASE at a PostgreSQL that answers"


HANDED_OUT_SECONDS = 30.0
"""Until a connection of the pool is handed out, and until it is taken back: a library that waits for an answer of a
server that was killed in the meantime waits for ever."""

GONE: Final = "connection-lost"
"""The code of a statement of which nobody can say whether it was done; any other code is a SQLSTATE."""

_LOST = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""What a connection that is gone is told by; the second where it was killed in the middle of an answer."""


@contextmanager
def _without_values() -> Iterator[None]:
    try:
        yield
    except asyncpg.PostgresError as failed:
        _refuse(f"sqlstate-{failed.sqlstate}")
    except _LOST:
        _refuse(GONE)


def _refuse(code: str) -> Never:
    refused = DatabaseError(code)
    try:
        raise refused from None
    finally:
        refused.__context__ = None  # `from None` only hides it, and whoever walks the chain would find the values


class Connection:
    """One connection, inside a transaction or on its own."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    async def fetch(self, sql: str, *args: Any) -> list[Row]:
        """All rows."""
        with _without_values():
            return list(await self._raw.fetch(sql, *args))

    async def fetchrow(self, sql: str, *args: Any) -> Row | None:
        """The first row, or None."""
        with _without_values():
            row: Row | None = await self._raw.fetchrow(sql, *args)
            return row

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """The first value of the first row, or None."""
        with _without_values():
            return await self._raw.fetchval(sql, *args)

    async def execute(self, sql: str, *args: Any) -> int:
        """Run one statement; the number of rows it touched."""
        with _without_values():
            status = await self._raw.execute(sql, *args)
        return int(status.rsplit(" ", 1)[-1]) if status[-1:].isdigit() else 0

    async def executemany(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Run one statement for every row, in one round trip."""
        with _without_values():
            await self._raw.executemany(sql, rows)

    async def copy(self, schema: str, table: str, columns: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Load rows in bulk."""
        with _without_values():
            await self._raw.copy_records_to_table(table, schema_name=schema, columns=columns, records=rows)


class Session(asyncpg.Connection):
    """A session of the pool. It is swept when it is given back, by a round trip, unless it was left as it was.

    What outlives its transaction (a lock or a setting of the session) is for a block of `Database.connection`: a test
    looks for it in all statements of ours.
    """

    _is_as_it_was = False

    def as_it_was(self) -> None:
        """Whoever had it has the answer to a statement, or to the end of a transaction."""
        self._is_as_it_was = True

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as the library has it
        """What the pool calls before anybody else has it."""
        is_as_it_was, self._is_as_it_was = self._is_as_it_was, False
        if not is_as_it_was or self.is_in_transaction():
            await super().reset(timeout=timeout)


class Database:
    """A pool of connections."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """One connection of the pool, without a transaction."""
        return self._held(swept=True)

    @asynccontextmanager
    async def _held(self, *, swept: bool = False) -> AsyncIterator[Connection]:
        with _without_values():
            raw = await self._pool.acquire(timeout=HANDED_OUT_SECONDS)
        try:
            yield Connection(raw)
            if not swept:  # but where it failed or was cancelled it is: then nobody knows what is left of it
                raw.as_it_was()
        finally:
            with suppress(asyncpg.PostgresError, *_LOST):  # what was done is done; the pool drops such a connection
                await asyncio.shield(self._pool.release(raw))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction: committed on leaving the block, rolled back on an error."""
        async with self._held() as held:
            with _without_values():
                async with held._raw.transaction():  # noqa: SLF001 - the two classes are one door
                    yield held

    async def fetch(self, sql: str, *args: Any) -> list[Row]:
        """All rows."""
        async with self._held() as held:
            return await held.fetch(sql, *args)

    async def fetchrow(self, sql: str, *args: Any) -> Row | None:
        """The first row, or None."""
        async with self._held() as held:
            return await held.fetchrow(sql, *args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """The first value of the first row, or None."""
        async with self._held() as held:
            return await held.fetchval(sql, *args)

    async def execute(self, sql: str, *args: Any) -> int:
        """Run one statement; the number of rows it touched."""
        async with self._held() as held:
            return await held.execute(sql, *args)

    async def executemany(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Run one statement for every row."""
        async with self._held() as held:
            await held.executemany(sql, rows)


@asynccontextmanager
async def connect(dsn: str, size: int = 4) -> AsyncIterator[Database]:
    """A pool of at most `size` connections to `dsn`; DependencyUnavailable where nothing answers."""
    if not dsn:  # the library would look for a server itself
        raise DependencyUnavailable("database-unavailable", "PostgreSQL", _REMEDY)
    try:
        pool = await asyncpg.create_pool(dsn, min_size=1, max_size=size, command_timeout=60, connection_class=Session)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError):
        raise DependencyUnavailable("database-unavailable", "PostgreSQL", _REMEDY) from None
    try:
        yield Database(pool)
    finally:
        await _close(pool)


async def _close(pool: Any) -> None:
    try:
        await asyncio.wait_for(pool.close(), timeout=5)
    except TimeoutError:
        pool.terminate()


@cache
def queries(file: Path) -> Mapping[str, str]:
    """The statements of a .sql file by name: each begins with `-- name: <name>`."""
    parts = re.split(r"^-- name: (\w+)\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name: statement.strip() for name, statement in zip(parts[1::2], parts[2::2], strict=True)}
