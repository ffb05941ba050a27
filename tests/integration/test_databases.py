"""The embedded PostgreSQL: two databases that keep to themselves, and a log that quotes nobody."""

import asyncio

import asyncpg
import pytest

from hub.config import Settings
from hub.database import Database, connect
from hub.errors import DatabaseError, DependencyUnavailable
from tests.house import House

MARK = "架空花子-0417"


@pytest.mark.threat("D13")
@pytest.mark.trap("P14")
async def test_the_hub_cannot_enter_the_registry(databases: Settings) -> None:
    registry = databases.registry_dsn.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
    hub = databases.database.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
    with pytest.raises(DependencyUnavailable):
        async with connect(databases.database.replace(f"/{hub}?", f"/{registry}?")):
            pass


@pytest.mark.trap("P12")
async def test_a_violated_constraint_is_logged_without_its_values(databases: Settings, house: House) -> None:
    async with connect(databases.registry_dsn) as database:
        await database.execute("CREATE TABLE people (name text PRIMARY KEY CHECK (length(name) < 20))")
        await database.execute("INSERT INTO people VALUES ($1)", MARK)
        for name in (MARK, MARK * 3):
            with pytest.raises(DatabaseError):
                await database.execute("INSERT INTO people VALUES ($1)", name)
    log = (house.postgres_data / "server.log").read_text(encoding="utf-8")
    assert ("people" in log, MARK in log) == (True, False)


async def test_what_a_block_leaves_in_its_session_is_nobody_elses(databases: Settings) -> None:
    async with connect(databases.database, size=1) as database:
        number = await database.fetchval("SELECT pg_backend_pid()")
        async with database.connection() as held:
            await held.fetchval("SELECT set_config('juki.mark', 'x', false), pg_advisory_lock(7)")
            await held.execute("SET juki.other = 'x'")
        found = await database.fetchrow("""SELECT pg_backend_pid() AS number, (SELECT count(*) FROM pg_locks
            WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks,
            coalesce(current_setting('juki.mark', true), '') || coalesce(current_setting('juki.other', true), '') AS set
        """)
    assert found is not None
    assert (found["number"], found["locks"], found["set"]) == (number, 0, "")


async def test_what_one_statement_or_transaction_has_done_is_not_swept_by_a_round_trip(databases: Settings) -> None:
    async with connect(databases.database, size=1) as database:
        assert await database.fetchval("SELECT set_config('juki.mark', 'not swept', false)") == "not swept"
        await database.execute("SELECT 1")
        async with database.transaction() as tx:
            await tx.execute("SELECT 1")
        assert await database.fetchval("SELECT current_setting('juki.mark', true)") == "not swept"


async def _left(database: Database, failure: type[BaseException]) -> None:
    """A transaction that takes a lock of its session and is left by this."""
    async with database.transaction() as tx:
        await tx.fetchval("SELECT pg_advisory_lock(7)")
        if failure is DatabaseError:
            await tx.fetchval("SELECT 1 / 0")
        raise failure


@pytest.mark.parametrize("failure", [DatabaseError, asyncio.CancelledError, ValueError])
async def test_a_transaction_that_ends_otherwise_is_swept(databases: Settings, failure: type[BaseException]) -> None:
    async with connect(databases.database, size=1) as database:
        await database.fetchval("SELECT set_config('juki.mark', 'x', false)")
        with pytest.raises(failure):
            await _left(database, failure)
        found = await database.fetchrow("""SELECT coalesce(current_setting('juki.mark', true), '') AS set,
            (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks""")
    assert found is not None
    assert (found["set"], found["locks"]) == ("", 0)


async def test_a_transaction_that_is_cancelled_at_a_statement_is_swept(databases: Settings) -> None:
    async with connect(databases.database, size=1) as database:
        await database.fetchval("SELECT set_config('juki.mark', 'x', false)")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), database.transaction() as tx:
                await tx.fetchval("SELECT pg_sleep(5)")
        assert not await database.fetchval("SELECT current_setting('juki.mark', true)")


async def test_what_is_committed_is_on_the_disk(house: House) -> None:
    """Everywhere but in this house, which syncs nothing: asked is the file that every server is started with."""
    async with connect(house.postgres, 1) as admin:
        rows = await admin.fetch("SELECT name, setting FROM pg_file_settings WHERE sourcefile LIKE '%/hub.conf'")
    stated = {row["name"]: row["setting"] for row in rows}
    assert [stated[name] for name in ("fsync", "synchronous_commit", "full_page_writes")] == ["on", "on", "on"]


async def test_two_hundred_connections_are_allowed(databases: Settings) -> None:
    async with connect(databases.database) as database:
        assert await database.fetchval("SHOW max_connections") == "200"


@pytest.mark.threat("N2")
async def test_nobody_enters_without_a_password(databases: Settings) -> None:
    bare = databases.database.split("&passfile=", maxsplit=1)[0]
    with pytest.raises((asyncpg.PostgresError, OSError)):
        await asyncpg.connect(bare, password="guessed")
