"""An existing registry, by its own trigger and by its log: every change once, in order, and nothing lost by a kill."""

import asyncio
import json
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

import producers
from contracts.change import parse
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import DatabaseError, ProduceFailed, UsageError
from hub.migrate import migrate
from producers import capture, relay_process
from producers.capture.decoding import Log
from producers.capture.table import Outbox
from producers.halted import resume
from producers.outbox import SHARDS
from producers.relay import Relay
from tests.fakes import MemoryKeys
from tests.house import POSTGRES, script
from tests.integration.producers.legacy import translate
from tests.integration.producers.registry import NOW, Published

PAGE = (Path(str(capture.__file__)).parent / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
PERSON = "INSERT INTO legacy.person (person_no, kanji, born, sex, place, reason, happened_on) VALUES "
SETTINGS = Settings(prefix="test", partitions=4)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The superuser of a server with wal_level logical, its registry migrated: the house has none, on purpose."""
    with tempfile.TemporaryDirectory(prefix="juki-log-") as folder:
        Path(folder).chmod(0o755)
        where = ("--data", f"{folder}/postgres", "--secrets", f"{folder}/secrets")
        options = ("--memory-mb", "32", "--wal-level", "logical")
        said = json.loads(script(POSTGRES, "start", *where, *options).stdout)
        asyncio.run(migrate(said["registry"], Path(str(producers.__file__)).parent / "migrations", "registry"))
        yield said["postgres"]
        script(POSTGRES, "stop", *where)


@pytest.fixture
async def admin(server: str) -> AsyncIterator[Database]:
    """The superuser in an empty registry, with the example of the README in it."""
    name = f"registry_{uuid4().hex[:12]}"
    async with connect(server, 1) as root:
        await root.execute(f"CREATE DATABASE {name} TEMPLATE registry")
        async with connect(server.replace("/postgres?", f"/{name}?"), 4) as db:
            for block in BLOCKS[:2]:
                await db.execute(block)
            yield db
            await db.fetch("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                           " WHERE database = current_database()")  # fmt: skip
        await root.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await root.execute("DROP ROLE existing_registry")


async def lives(db: Database) -> None:
    """Two come, one moves, one is corrected, one dies; what is rolled back has not happened."""
    await db.execute(PERSON + "(1, '架空 一号', '1950-04-01', '1', '架空市一番', 'came', '2026-04-01')")
    await db.execute(PERSON + "(2, '𠮷例 葛\U000e0100', '2026-03-30', '2', '架空市一番', 'birth', '2026-03-30')")
    await db.execute("UPDATE legacy.person SET place = '架空市二番', reason = 'moved' WHERE person_no = 2")
    with pytest.raises(DatabaseError):
        await db.execute("UPDATE legacy.person SET kanji = 'x'; SELECT 1 / 0")
    twice = ("kanji = '架空 二号'", "hidden = true")
    one = "; ".join(f"UPDATE legacy.person SET {what}, reason = 'typo' WHERE person_no = 2" for what in twice)
    await db.execute(f"BEGIN; {one}; COMMIT")
    await db.execute("DELETE FROM legacy.person WHERE person_no = 1")


EXPECTED = {
    "0000000001": [("MOVE_IN_DOMESTIC", None, "架空市一番"), ("DEATH", "架空市一番", None)],
    "0000000002": [
        ("BIRTH", None, "架空市一番"), ("RELOCATE", "架空市一番", "架空市二番"),
        ("EX_OFFICIO_CORRECTION", "架空市二番", "架空市二番"), ("EX_OFFICIO_CORRECTION", "架空市二番", "架空市二番"),
    ],
}  # fmt: skip


def place(record) -> str | None:
    return None if record is None else record["address"]["text"]


def told(bodies: list[bytes]) -> dict[str, list[tuple[str, str | None, str | None]]]:
    found: dict[str, list] = {}
    for change in map(parse, bodies):
        who = (change.after or change.before)["atena_no"]
        found.setdefault(who, []).append((change.kind, place(change.before), place(change.after)))
    return found


async def waiting(db: Database) -> list[bytes]:
    return [row["change"] for row in await db.fetch("SELECT change FROM registry.outbox ORDER BY id")]


# The outbox as a contract


async def test_the_trigger_of_an_existing_registry_tells_every_change_in_order(admin: Database) -> None:
    await lives(admin)
    assert told(await waiting(admin)) == EXPECTED
    versions = [(each.resident, each.version) for each in map(parse, await waiting(admin))]
    assert all(sorted(mine) == mine for mine in ([v for who, v in versions if who == one] for one, _ in versions))


async def test_the_relay_carries_what_was_reported(admin: Database) -> None:
    await lives(admin)
    keys = MemoryKeys()
    publisher = Published(keys)
    await Relay(keys, publisher, SETTINGS, lambda: NOW).carry(Outbox(admin, range(SHARDS), 1000))
    assert (len(publisher.seen), publisher.rising(), await waiting(admin)) == (6, True, [])


async def test_the_role_may_report_and_nothing_else(admin: Database) -> None:
    insert = "INSERT INTO registry.outbox (shard, resident, change) VALUES (0, gen_random_uuid(), '')"
    for statement in ("SELECT * FROM registry.outbox", "SELECT * FROM registry.resident", insert,
                      "DELETE FROM registry.outbox", "SELECT * FROM registry.captured_version"):  # fmt: skip
        with pytest.raises(DatabaseError, match="42501"):
            await admin.execute(f"SET ROLE existing_registry; {statement}")
        await admin.execute("RESET ROLE")


async def test_an_id_that_is_reported_again_does_nothing(admin: Database) -> None:
    own, who = uuid4(), uuid4()
    report = "SELECT registry.report('BIRTH', $1, NULL, '{\"protected\": false}', '\"2026-04-01\"', NULL, $2)"
    assert [own, own] == [UUID(int=(await admin.fetchval(report, who, own)).int) for _ in range(2)]
    assert len(await waiting(admin)) == 1


async def test_a_resident_that_could_not_be_found_again_is_refused_at_once(admin: Database) -> None:
    with pytest.raises(DatabaseError, match="23514"):
        await admin.fetchval("SELECT registry.report('BIRTH', $1, NULL, '{}', '\"2026-04-01\"')", UUID(int=7))


# The log


class Kept:
    """A publisher that keeps bodies, and dies when it is told to."""

    def __init__(self, keys: MemoryKeys) -> None:
        self.keys = keys
        self.inner = Published(keys)
        self.dies = False

    async def send(self, batches) -> None:
        if self.dies:
            raise ProduceFailed("not-acknowledged")
        await self.inner.send(batches)


@pytest.fixture
async def legacy(admin: Database) -> Database:
    """The same registry without a trigger, with a slot."""
    await admin.execute("DROP TRIGGER tell ON legacy.person")
    for statement in BLOCKS[2].replace("'juki', 'pgoutput'", "'juki_test', 'pgoutput'").split(";\n"):
        if statement.strip():
            await admin.execute(statement)
    return admin


def log(db: Database, size: int = 1000) -> Log:
    return Log(db, db, "juki_test", "juki", translate, size)


async def bodies(source: Log) -> list[bytes]:
    found: list[bytes] = []
    while True:
        async with source.lot() as lot:
            if lot is None:
                return found
            found += [row.change for row in lot.rows]
            await lot.acknowledge([row.id for row in lot.rows])


@pytest.mark.parametrize("size", [1, 1000])
async def test_the_log_of_an_existing_registry_tells_every_change_in_order(legacy: Database, size: int) -> None:
    await lives(legacy)
    found = await bodies(log(legacy, size))
    assert told(found) == EXPECTED
    assert await bodies(log(legacy, size)) == []


async def test_what_was_not_acknowledged_comes_again_to_the_byte(legacy: Database) -> None:
    await lives(legacy)
    seen: list[list[bytes]] = []

    async def cut_off() -> None:
        async with log(legacy).lot() as lot:
            seen.append([row.change for row in lot.rows])
            raise DatabaseError("connection-lost")

    for _ in range(2):
        with pytest.raises(DatabaseError):
            await cut_off()
    assert seen[0] == seen[1] == await bodies(log(legacy))


async def test_a_relay_that_is_killed_in_the_middle_loses_nothing_and_tells_nothing_twice(legacy: Database) -> None:
    await lives(legacy)
    keys = MemoryKeys()
    publisher = Kept(keys)
    publisher.dies = True
    with pytest.raises(ProduceFailed):
        await Relay(keys, publisher, SETTINGS, lambda: NOW).carry(log(legacy, 1))
    publisher.dies = False
    while await Relay(keys, publisher, SETTINGS, lambda: NOW).carry(log(legacy, 1)):
        pass
    ids = [change for _, change, _ in publisher.inner.seen]
    assert (len(ids), len(set(ids)), publisher.inner.rising()) == (6, 6, True)


async def test_a_slot_that_lags_behind_what_is_remembered_repeats_nothing(legacy: Database) -> None:
    class Dying:
        """The existing registry's server dies when the slot is to go on."""

        async def fetch(self, sql, *given):
            if "advance" in sql:
                raise DatabaseError("connection-lost")
            return await legacy.fetch(sql, *given)

    await lives(legacy)
    source = Log(Dying(), legacy, "juki_test", "juki", translate)
    with pytest.raises(DatabaseError):
        async with source.lot() as lot:
            await lot.acknowledge([row.id for row in lot.rows])
    assert await bodies(log(legacy)) == []
    await legacy.execute("UPDATE legacy.person SET place = '架空市三番', reason = 'moved'")
    assert told(await bodies(log(legacy))) == {"0000000002": [("RELOCATE", "架空市二番", "架空市三番")]}


async def test_the_slot_outlives_everybody_who_reads_it(legacy: Database) -> None:
    await lives(legacy)
    await legacy.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                       " AND pid <> pg_backend_pid()")  # fmt: skip
    status = "SELECT wal_status FROM pg_replication_slots WHERE slot_name = 'juki_test'"
    assert await legacy.fetchval(status) == "reserved"
    assert told(await bodies(log(legacy))) == EXPECTED


async def test_a_second_reader_stands_by(legacy: Database) -> None:
    await lives(legacy)
    async with log(legacy).lot() as first, log(legacy).lot() as second:
        assert (len(first.rows), second) == (6, None)
        await first.acknowledge([row.id for row in first.rows])


async def test_what_concerns_nobody_is_passed_over_and_the_slot_goes_on(legacy: Database) -> None:
    await legacy.execute(PERSON + "(3, 'nobody', '1950-04-01', '1', 'x', 'came', '2026-04-01')")
    before = await legacy.fetchval("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'juki_test'")
    assert await bodies(log(legacy)) == []
    after = await legacy.fetchval("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'juki_test'")
    assert before != after


async def test_who_is_refused_waits_in_the_outbox_and_what_comes_later_waits_behind(legacy: Database) -> None:
    keys = MemoryKeys()
    publisher = Published(keys)
    relay, source = Relay(keys, publisher, SETTINGS, lambda: NOW), log(legacy)
    await legacy.execute(PERSON + "(1, E'架空\\t一号', '1950-04-01', '1', 'x', 'came', '2026-04-01')")
    await legacy.execute(PERSON + "(2, '架空 二号', '1950-04-01', '1', 'x', 'came', '2026-04-01')")
    await relay.carry(source)
    await legacy.execute("UPDATE legacy.person SET kanji = '架空 一号', reason = 'typo' WHERE person_no = 1")
    await relay.carry(source)
    assert (len(publisher.seen), len(await waiting(legacy))) == (1, 2)
    halted = await legacy.fetchrow("SELECT resident, code FROM registry.halted")
    assert halted["code"] == "control-character"
    for body in await waiting(legacy):
        mended = body.replace(b"\\t", b" ")
        await legacy.execute("UPDATE registry.outbox SET change = $2 WHERE change = $1", body, mended)
    await resume(legacy, UUID(int=halted["resident"].int))
    await relay.carry(Outbox(legacy, range(SHARDS), 1000))
    assert (len(publisher.seen), await waiting(legacy)) == (3, [])


# The log by settings

DECODING = {"capture": "decoding", "capture_slot": "juki_test", "prefix": "test", "partitions": 4,
            "capture_translate": "tests.integration.producers.legacy:translate"}  # fmt: skip


@asynccontextmanager
async def started(
    db: Database, server: str, publisher: "Kept", monkeypatch: pytest.MonkeyPatch, **settings: Any
) -> AsyncIterator[Any]:
    """What the process `run relay` opens with these settings, without a broker."""
    dsn = server.replace("/postgres?", f"/{await db.fetchval('SELECT current_database()')}?")

    @asynccontextmanager
    async def to_memory(*_: Any) -> AsyncIterator[Any]:
        yield publisher

    async def nothing(*_: Any) -> Any:
        return publisher.keys

    monkeypatch.setattr(relay_process, "check_topics", nothing)
    monkeypatch.setattr(relay_process, "writer", to_memory)
    monkeypatch.setattr(relay_process.destroyed, "keys", nothing)
    given = Settings(**{"database": dsn, "registry": dsn, **DECODING, **settings})
    async with relay_process.opened(given) as opened:
        yield opened


async def test_the_process_reads_the_log_and_the_outbox_where_its_settings_say_so(
    legacy: Database, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lives(legacy)
    publisher = Kept(MemoryKeys())
    async with started(legacy, server, publisher, monkeypatch) as (registry, relays, source):
        assert len(relays) == SHARDS + 1
        for one in (Outbox(registry, range(SHARDS), 1000), source):
            while await relays[-1].carry(one):
                pass
    assert (len(publisher.inner.seen), publisher.inner.rising()) == (6, True)
    async with started(legacy, server, publisher, monkeypatch, capture="outbox") as (_, relays, source):
        assert (len(relays), source) == (SHARDS, None)


@pytest.mark.parametrize(("settings", "code"), [
    ({"capture_translate": ""}, "no-such-function"), ({"capture_slot": "nobody_made_it"}, "no-slot"),
])  # fmt: skip
async def test_what_cannot_be_captured_is_refused_when_the_process_starts(
    legacy: Database, server: str, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], code: str
) -> None:
    with pytest.raises(UsageError, match=code):
        async with started(legacy, server, Kept(MemoryKeys()), monkeypatch, **settings):
            pass
