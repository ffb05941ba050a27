"""What the outbox asks of a city's PostgreSQL: no growth, no logical replication, a role with two tables' rights."""

import orjson
import pytest

from hub.database import Database, connect
from hub.errors import DatabaseError
from producers.capture.table import SQL as TABLE
from producers.snapshot import SQL as SNAPSHOT
from tests.fakes import MemoryKeys
from tests.house import House
from tests.integration.producers.registry import Published, residents
from tests.integration.producers.test_relay import carry_all, empty, relays, written

SIZE = "SELECT pg_table_size('registry.outbox'), pg_indexes_size('registry.outbox')"


async def sizes(db: Database) -> tuple[int, int]:
    """Of the table and of its indexes, after what autovacuum would do."""
    await db.execute("VACUUM registry.outbox")
    row = await db.fetchrow(SIZE)
    assert row is not None
    return row["pg_table_size"], row["pg_indexes_size"]


@pytest.mark.trap("P8")
async def test_table_and_indexes_stay_as_large_as_two_rounds_made_them(db: Database) -> None:
    people, publisher = await residents(db), Published(keys := MemoryKeys())
    measured = []
    for _ in range(6):
        await written(db, people, times=4)
        await carry_all(relays(db, publisher, keys))
        measured.append(await sizes(db))
    assert len(publisher.seen) == 6 * 4 * len(people)
    assert {*measured[2:]} == {measured[1]}


async def blocks(db: Database, sql: str, *args: int | list[int]) -> int:
    """How many blocks a statement looks at."""
    said = await db.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *args)
    plan = orjson.loads(said)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


async def test_a_look_whether_anything_waits_does_not_go_through_what_was_deleted(db: Database) -> None:
    people, publisher = await residents(db), Published(keys := MemoryKeys())
    await written(db, people, times=4)
    pages = await db.fetchval("SELECT pg_relation_size('registry.outbox') / 8192")
    await carry_all(relays(db, publisher, keys))
    await db.execute("SELECT pg_logical_emit_message(true, 'test', '')")  # all before it is on disk, and so passed over
    for sql, arguments in ((TABLE["waiting"], ([0],)), (SNAPSHOT["backlog"], (5001,))):
        await blocks(db, sql, *arguments)  # the first one marks what is gone
        assert await blocks(db, sql, *arguments) < pages / 4


@pytest.mark.trap("P11")
async def test_the_outbox_needs_no_logical_replication_and_two_tables_of_the_registry(
    db: Database, dsn: str, house: House
) -> None:
    name = dsn.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
    async with connect(house.postgres, 1) as admin:
        assert await admin.fetchval("SHOW wal_level") == "replica"
        await admin.execute(f"CREATE ROLE carrier_{name} LOGIN PASSWORD 'made-up'")
        await admin.execute(f"GRANT CONNECT ON DATABASE {name} TO carrier_{name}")
    try:
        await db.execute(f"GRANT USAGE ON SCHEMA registry TO carrier_{name}")
        await db.execute(f"GRANT SELECT, DELETE ON registry.outbox TO carrier_{name}")
        await db.execute(f"GRANT SELECT, INSERT ON registry.halted TO carrier_{name}")
        ids = await written(db, await residents(db))
        publisher = Published(keys := MemoryKeys())
        async with connect(as_role(dsn, f"carrier_{name}"), 2) as carrier:
            await carry_all(relays(carrier, publisher, keys))
            with pytest.raises(DatabaseError, match="sqlstate-42501"):
                await carrier.fetch("SELECT record FROM registry.resident")
        assert (sorted(change for _, change, _ in publisher.seen), await empty(db)) == (sorted(ids), True)
    finally:
        await db.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA registry FROM carrier_{name}")
        await db.execute(f"REVOKE ALL ON SCHEMA registry FROM carrier_{name}")
        async with connect(house.postgres, 1) as admin:
            await admin.execute(f"REVOKE ALL ON DATABASE {name} FROM carrier_{name}")
            await admin.execute(f"DROP ROLE carrier_{name}")


def as_role(dsn: str, role: str) -> str:
    """The same database for somebody else, with a password instead of a file of passwords."""
    before, behind = dsn.split("@", 1)
    address = behind.split("&passfile=", maxsplit=1)[0]
    return f"{before.split('//')[0]}//{role}:made-up@{address}"
