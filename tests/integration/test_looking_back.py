"""Looking back on a real Kafka and a real PostgreSQL: which Book was in use, what is left of a change, a simulation."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
import pytest
from confluent_kafka import TopicPartition

from contracts import book as law
from contracts.book import Book
from contracts.change import parse
from contracts.decide import Disclosure, decide
from hub import archive, books, bus, topics
from hub.bench.sample import changes
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import DatabaseError, JukiError, UsageError
from hub.lookback import Stored, stored
from hub.migrate import migrate_all
from hub.simulate import Simulation, simulate
from tests.house import House, World, few, made_databases
from tests.integration.test_router_on_kafka import Line, archiver, drained, now
from tests.releases import as_of

BOOK = few()
NARROWED = replace(BOOK.contracts["child-policy"], items=BOOK.contracts["child-policy"].items[:-4])
TODAY = datetime(2026, 4, 9, 3, tzinfo=UTC)


def variant(name: str) -> Book:
    """Another Book, whole: the shipped one with another purpose in one contract."""
    contract = replace(BOOK.contracts["child-policy"], purpose=name)
    document = {**BOOK.document(), "contracts": {**BOOK.document()["contracts"], contract.id: contract.document()}}
    return Book.of(document)


@pytest.fixture
async def line(world: World) -> AsyncIterator[Line]:
    async with connect(world.settings.database) as database, bus.writer(world.settings, "relay") as writer:
        yield Line(world, database, writer)


async def routed(line: Line, *contents: tuple[UUID, bytes]) -> None:
    """These changes are published, routed and archived: a commit may be a moment older than what a reader sees."""
    lines = len(contents) + await line.database.fetchval("SELECT count(*) FROM hub.ledger")
    for resident, content in contents:
        await line.seal_and_put(resident, content)
    async with line.slot() as router:
        await books.remember(line.database, BOOK, now())
        await drained(router, len(contents))
    async with archiver(line) as one:
        while await line.database.fetchval("SELECT count(*) FROM hub.ledger") < lines:
            await one.once()


def forgotten(line: Line, part: int, before: int) -> None:
    """What juki.changes holds before this offset is gone, as after its retention."""
    place = TopicPartition(topics.changes(line.prefix), part, before)
    for answer in line.admin.delete_records([place]).values():
        answer.result()


@dataclass(frozen=True, slots=True)
class Shelf:
    """Databases of this test alone: Books are kept where no broker is asked."""

    settings: Settings
    database: Database


@pytest.fixture
async def shelf(house: House, tmp_path: Path) -> AsyncIterator[Shelf]:
    with made_databases(house, tmp_path / "data") as settings:
        async with connect(settings.database) as database:
            yield Shelf(settings, database)


async def uses(shelf: Shelf) -> list[str]:
    rows = await shelf.database.fetch("SELECT hash FROM hub.book_uses ORDER BY began_at, id")
    return [row["hash"] for row in rows]


@pytest.mark.trap("input-14")
async def test_routers_that_start_at_once_begin_one_use_and_a_book_that_comes_back_begins_another(shelf: Shelf) -> None:
    one, other = variant("一"), variant("二")
    for book in (one, other, one):
        await asyncio.gather(*(books.remember(shelf.database, book, TODAY) for _ in range(4)))
    assert await uses(shelf) == [one.hash, other.hash, one.hash]
    assert await shelf.database.fetchval("SELECT count(*) FROM hub.books") == 2
    await the_database_refuses_what_is_not_whole_and_keeps_what_it_has(shelf)


async def the_database_refuses_what_is_not_whole_and_keeps_what_it_has(shelf: Shelf) -> None:
    for statement in ("INSERT INTO hub.books VALUES ('0', '{}')", "UPDATE hub.books SET document = ''",
                      "DELETE FROM hub.book_uses", "DELETE FROM hub.books"):  # fmt: skip
        with pytest.raises(DatabaseError):
            await shelf.database.execute(statement)


@pytest.mark.trap("input-14", "input-22")
async def test_the_book_of_a_day_is_the_one_in_use_at_its_end_in_japan(shelf: Shelf) -> None:
    one, other = variant("一"), variant("二")
    await books.remember(shelf.database, one, datetime(2026, 4, 1, 0, tzinfo=UTC))
    await books.remember(shelf.database, other, datetime(2026, 4, 2, 14, 59, 59, tzinfo=UTC))
    await books.remember(shelf.database, one, datetime(2026, 4, 3, 15, tzinfo=UTC))
    found = [await books.book_of_day(shelf.settings, date(2026, 4, day)) for day in (1, 2, 3, 4)]
    assert [book and book.hash for book in found] == [one.hash, other.hash, other.hash, one.hash]
    assert found[0] == one
    assert await books.book_of_day(shelf.settings, date(2026, 3, 31)) is None
    await books.remember(shelf.database, other, datetime(2026, 4, 3, 14, tzinfo=UTC))  # by a clock that lags behind
    assert await books.book_of_day(shelf.settings, date(2026, 4, 4)) == other


@pytest.mark.trap("input-14")
async def test_a_contract_is_known_by_its_hash_once_a_book_with_it_is_in_use_and_for_ever_after(shelf: Shelf) -> None:
    one, other = variant("一"), variant("二")
    first, second = (book.contracts["child-policy"].hash for book in (one, other))
    await books.remember(shelf.database, one, TODAY)
    known = books.ContractHashes(shelf.database, "child-policy")
    assert [await known.knows(each) for each in (first, second, one.contracts["tax"].hash)] == [True, False, False]
    await books.remember(shelf.database, other, TODAY)
    assert [await known.knows(each) for each in (first, second)] == [True, True]


async def test_a_book_is_found_by_the_beginning_of_its_hash(shelf: Shelf) -> None:
    await books.remember(shelf.database, BOOK, TODAY)
    assert await books.book_by_hash(shelf.settings, BOOK.hash[:8]) == BOOK
    assert await books.book_by_hash(shelf.settings, BOOK.hash) == BOOK
    with pytest.raises(UsageError, match="unknown-book"):
        await books.book_by_hash(shelf.settings, "0" * 8)
    start, pair = alike()
    await shelf.database.executemany("INSERT INTO hub.books (hash, document) VALUES ($1, $2)", pair)
    with pytest.raises(UsageError, match="ambiguous-book-hash"):
        await books.book_by_hash(shelf.settings, start)
    with pytest.raises(JukiError, match="book-of-another-form"):
        await books.book_by_hash(shelf.settings, pair[0][0])


def alike() -> tuple[str, list[tuple[str, bytes]]]:
    """Two documents whose hashes begin with the same eight digits; some 80 000 are tried until there are."""
    seen: dict[str, bytes] = {}
    for document in map(b"%d".__mod__, count()):
        start = sha256(document).hexdigest()[:8]
        if start in seen:
            return start, [(sha256(each).hexdigest(), each) for each in (seen[start], document)]
        seen[start] = document
    raise AssertionError


@pytest.mark.parametrize("start", ["abcdef0", "ABCDEF01", "g" * 8, "", "0" * 65, "0000000%"])
async def test_what_is_no_beginning_of_a_hash_is_refused_before_anything_is_asked(start: str) -> None:
    with pytest.raises(UsageError, match="bad-book-hash"):
        await books.book_by_hash(Settings(), start)


@pytest.mark.threat("D12")
@pytest.mark.trap("input-14")
def test_a_book_that_does_not_fit_its_hash_is_refused() -> None:
    with pytest.raises(JukiError, match="book-altered"):
        books.opened(BOOK.hash, b"{}")


async def test_books_of_the_old_form_are_kept_aside(shelf: Shelf) -> None:
    await as_of(shelf.settings, "0002")
    await shelf.database.execute(f"INSERT INTO hub.books (hash, content) VALUES ('{BOOK.hash}', '[]')")
    await migrate_all(shelf.settings)
    await books.remember(shelf.database, BOOK, TODAY)
    assert await shelf.database.fetchval("SELECT hash FROM hub.books_without_their_law") == BOOK.hash
    assert await books.book_of_day(shelf.settings, TODAY.date()) == BOOK


async def test_the_last_sequence_of_every_contract_and_partition_is_known(shelf: Shelf) -> None:
    assert await archive.last_sequences(shelf.database) == {}
    last = {("a", 0): 3, ("a", 7): 1, ("b", 0): 2, ("c-d", 5): 4}
    rows = [(name, part, seq) for (name, part), count in last.items() for seq in range(1, count + 1)]
    await shelf.database.executemany(
        "INSERT INTO hub.told VALUES ($1, $2, $3, gen_random_uuid(), gen_random_uuid(), 'inside', '{}', '', '')", rows
    )
    assert await archive.last_sequences(shelf.database) == last


async def left_of(line: Line, content: bytes) -> Stored:
    found = await stored(line.settings, json.loads(content)["id"])
    assert found is not None
    return found


async def test_what_is_left_of_a_change_is_its_book_its_tellings_and_itself(line: Line) -> None:
    many = [*changes(12)]
    await routed(line, *many)
    resident, content = many[5]
    found = await left_of(line, content)
    assert (found.book, found.change, found.decided_on) == (BOOK, parse(content), date(2026, 4, 2))
    part = resident.int % len(line.parts)
    decided = {name: decide(parse(content), contract, date(2026, 4, 2)) for name, contract in BOOK.contracts.items()}
    assert {one.contract: (one.state, one.items) for one in found.told} == {
        name: (told.state, (*told.items,)) for name, told in decided.items() if isinstance(told, Disclosure)
    }
    assert {one.partition for one in found.told} == {part}
    assert all(BOOK.contracts[one.contract].hash == one.contract_hash for one in found.told)
    assert await stored(line.settings, "01930000-0000-7000-8000-ffffffffffff") is None
    await without_a_broker_the_ledger_still_speaks(line, found)


async def without_a_broker_the_ledger_still_speaks(line: Line, found: Stored) -> None:
    for elsewhere in ("", "127.0.0.1:1"):
        away = line.settings.model_copy(update={"kafka": elsewhere})
        assert await stored(away, found.id) == replace(found, change=None)


async def test_a_change_told_twice_has_every_telling_once_and_a_foreign_one_under_its_id_none(line: Line) -> None:
    [(resident, content)] = changes(1)
    foreign = content.replace(b"2026-04-01", b"2026-03-31", 1)
    await routed(line, (resident, content), (resident, foreign), (resident, content))
    found = await left_of(line, content)
    assert found.change == parse(content)
    own = [one.seq for one in found.told if one.contract == "child-policy"]
    assert own == [1, 3]
    forgotten(line, resident.int % len(line.parts), 1)
    assert (await left_of(line, content)).change == parse(content)
    forgotten(line, resident.int % len(line.parts), 3)
    await line.seal_and_put(resident, foreign)
    assert (await left_of(line, content)).change is None


async def test_what_is_no_id_of_a_change_is_refused() -> None:
    with pytest.raises(UsageError, match="bad-change-id"):
        await stored(Settings(), "' OR 1=1")


async def test_a_reader_finds_the_first_record_of_a_time_or_the_end(line: Line) -> None:
    for resident, content in changes(3):
        await line.seal_and_put(UUID(int=resident.int - resident.int % len(line.parts)), content)
    async with bus.reader(line.settings, "router", topics.changes(line.prefix), [0]) as reader:
        there = await reader.read_to_end()
        await reader.seek_to_time(there[0].timestamp_ms)
        assert await reader.read_to_end() == there
        await reader.seek_to_time(there[-1].timestamp_ms + 1)
        assert await reader.read_to_end() == []


async def simulated(line: Line, draft: Book, days: int = 90, **settings: Any) -> Simulation:
    return await simulate(line.settings.model_copy(update=settings), draft, days, now(), lambda _count: None)


def drafted() -> Book:
    return replace(BOOK, contracts=MappingProxyType({**BOOK.contracts, "child-policy": NARROWED}))


async def test_a_draft_is_held_against_all_that_was_told_each_change_once(line: Line) -> None:
    many = [*changes(24)]
    await routed(line, *many, many[0])
    same = await simulated(line, BOOK)
    assert (same.report.read, same.report.remembered, same.repeats, same.differs) == (24, 0, 1, 0)
    assert same.report.differing == 0
    totals = {name: found.effects["same"] for name, found in same.report.contracts.items() if found.effects["same"]}
    assert totals == await archive.totals(line.database)
    await a_narrower_draft_loses_its_items_in_every_telling(line)
    await what_was_told_before_the_period_is_left_out(line)


async def a_narrower_draft_loses_its_items_in_every_telling(line: Line) -> None:
    found = (await simulated(line, drafted())).report.contracts["child-policy"]
    lost = BOOK.contracts["child-policy"].items[-4:]
    assert (found.effects["changed"], dict(found.lost)) == (24, dict.fromkeys(lost, 24))
    assert found.kinds == {"RELOCATE": {"changed": 18}, "HEAD_CHANGED": {"changed": 6}}


async def what_was_told_before_the_period_is_left_out(line: Line) -> None:
    found = await simulate(line.settings, BOOK, 90, now() + timedelta(days=100), lambda _count: None)
    assert (found.lines, found.report.contracts) == (0, {})


async def test_what_can_no_longer_be_read_is_said_to_be_undetermined(line: Line) -> None:
    await routed(line, *changes(24))
    held = {part: len(records) for part, records in (await published(line)).items()}
    for part, records in held.items():
        forgotten(line, part, records // 2)
    gone = sum(records // 2 for records in held.values())
    found = await simulated(line, drafted())
    counted = found.report.contracts["child-policy"].effects
    assert (found.report.read, found.report.remembered) == (24 - gone, gone)
    assert (counted["changed"], counted["perhaps-silent"]) == (24 - gone, gone)
    away = await simulated(line, drafted(), kafka="")
    assert (away.report.read, away.report.remembered) == (0, 24)
    assert away.report.contracts["prefecture"].effects == {"same": 18, "silent": 6}


async def published(line: Line) -> dict[int, list[bytes | None]]:
    found: dict[int, list[bytes | None]] = {}
    async with bus.reader(line.settings, "router", topics.changes(line.prefix), line.parts) as reader:
        for record in await reader.read_to_end():
            found.setdefault(record.partition, []).append(record.value)
    return found


async def test_a_ledger_that_is_not_what_its_book_decides_is_counted_and_its_place_named(line: Line) -> None:
    await routed(line, *changes(4))
    row = await line.database.fetchrow("SELECT * FROM hub.ledger ORDER BY partition, ledger_offset LIMIT 1")
    assert row is not None
    less = orjson.loads(row["line"])
    less["told"][0]["items"].pop()
    await line.database.execute("ALTER TABLE hub.ledger DISABLE TRIGGER append_only")
    sql = "UPDATE hub.ledger SET line = $1 WHERE partition = $2 AND ledger_offset = $3"
    await line.database.execute(sql, orjson.dumps(less), row["partition"], row["ledger_offset"])
    found = await simulated(line, BOOK)
    place = f"{row['partition']}@{row['ledger_offset']}"
    assert (found.differs, found.places) == (1, [place])
    done = await asyncio.to_thread(simulate_command, line, "--days", "2")
    assert (done.returncode, done.stderr) == (3, b"")
    assert f"（ledger-differs）：{place}" in done.stdout.decode()


def simulate_command(line: Line, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [Path(sys.executable).with_name("jukihub"), "contracts", "simulate", Path(law.__file__).parent, *words]
    return subprocess.run(command, capture_output=True, check=False, env=dict(line.world.env), timeout=60)
