"""What waits, since when, and what is counted: asked of PostgreSQL alone, exactly."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from contracts import book
from hub import metrics
from hub.bus import Batches
from hub.database import Database, connect
from hub.errors import ProduceFailed
from hub.standing import Standing, protected, protecting, standing
from hub.status import kept
from hub.watching.counting import count
from hub.watching.forwarding import Forwarder
from hub.watching.looking import SQL as LOOKING
from hub.watching.looking import Watcher
from hub.watching.policy import policy
from tests.house import House, made_databases

NOW = datetime(2026, 4, 8, 3, 30, tzinfo=UTC)
TAX = "tax"
BOUNDS = {TAX: 60.0}
BOOK = book.load()


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@dataclass
class Line:
    """A ledger and an inbox, written row by row."""

    database: Database
    told: int = 0

    async def tell(self, seq: int, told_at: datetime, part: int = 0, took: float = 1) -> UUID:
        """One line of the ledger; `took`: seconds from recording to telling."""
        self.told += 1
        change, disclosure = uuid4(), uuid4()
        version = int((told_at.timestamp() - took) * 1e6)
        line = orjson.dumps({"version": version, "told": [{"contract": TAX, "seq": seq}]})
        await self.database.execute(
            "INSERT INTO hub.ledger VALUES ($1, $2, $3, $4, $4, 'b', $5, $6, $7)", part, self.told, change, b"d",
            NOW.date(), told_at, line,
        )  # fmt: skip
        await self.database.execute("INSERT INTO hub.told VALUES ($1, $2, $3, $4, $5, 'inside', '{}', 'h', $6)", TAX,
                                    part, seq, disclosure, change, b"t")  # fmt: skip
        return disclosure

    async def arrive(self, disclosure: UUID, seq: int, state: str, subject: bytes = b"s" * 16, part: int = 0) -> None:
        """It is in the inbox, long after it was told."""
        code, receipt = "refused" if state == "dead" else "", "r" if state == "delivered" else None
        settled = NOW if state in ("dead", "delivered") else None
        await self.database.execute(
            "INSERT INTO inbox.disclosures (contract, id, subject, partition, record_offset, seq, token, state, code,"
            " received_at, next_attempt_at, receipt, settled_at)"
            " VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $9, $10, $11)",
            TAX, disclosure, subject, part, seq, b"t", state, code, NOW, receipt, settled,
        )  # fmt: skip
        await self.read_to(seq, part)

    async def read_to(self, seq: int, part: int = 0) -> None:
        await self.database.execute("INSERT INTO inbox.offsets VALUES ($1, $2, 1, $3) ON CONFLICT (contract, partition)"
                                    " DO UPDATE SET last_seq = $3", TAX, part, seq)  # fmt: skip

    async def stands(self) -> Standing:
        (found,) = await standing(self.database, [TAX])
        return found

    async def hours(self) -> dict[datetime, tuple[int, int]]:
        rows = await self.database.fetch("SELECT hour, told, late FROM hub.watch_hours")
        return {row["hour"]: (row["told"], row["late"]) for row in rows}


@pytest.fixture
async def line(house: House, tmp_path: Path) -> AsyncIterator[Line]:
    with made_databases(house, tmp_path) as settings:
        async with connect(settings.database, 2) as database:
            yield Line(database)


def record(*told: tuple[int, float], at: datetime = NOW) -> bytes:
    """What the archive forwards; each with its number and the seconds that telling took."""
    return orjson.dumps({"lines": [
        {"told_at": at.timestamp(), "recorded_at": at.timestamp() - took, "told": {TAX: seq}} for seq, took in told
    ]})  # fmt: skip


async def test_status_sees_a_protection_that_waits_what_the_watch_has_not_counted_and_what_no_ledger_knows(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.status.ARCHIVED_SECONDS", 0)
    late, held = await line.tell(1, ago(900)), await line.tell(1, ago(800), part=1)
    await line.arrive(late, 1, "waiting")
    await line.arrive(held, 1, "delivered", part=1)
    await line.read_to(3, part=1)
    async with line.database.transaction() as writing:
        said = [(late, int(ago(950).timestamp() * 1e6)), (held, int(ago(999).timestamp() * 1e6))]
        await protecting(writing, TAX, said)
    found = await kept(line.database, BOOK, 2, NOW)
    assert (found.protections, found.ahead, found.unwatched) == ({TAX: ago(950)}, {TAX: 2}, ago(900))
    await line.database.execute("INSERT INTO hub.watch_marks VALUES ($1, 0, 1, $2)", TAX, NOW)
    assert (await kept(line.database, BOOK, 2, NOW)).unwatched == ago(800)


async def test_what_the_archive_has_a_moment_later_is_no_trouble(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    await line.read_to(1)

    async def archived(_seconds: float) -> None:
        await line.tell(1, NOW)

    monkeypatch.setattr("hub.status.asyncio.sleep", archived)
    assert (await kept(line.database, BOOK, 1, NOW)).ahead == {}


async def test_where_nothing_waits_there_is_no_oldest(line: Line) -> None:
    await line.arrive(await line.tell(1, ago(99)), 1, "delivered")
    assert await line.stands() == Standing(TAX, 0, 0, 0, None, None, None, None, None)


async def test_the_oldest_counts_from_its_telling_and_not_from_its_arrival(line: Line) -> None:
    await line.arrive(await line.tell(1, ago(600), took=20), 1, "waiting")
    found = await line.stands()
    assert (found.waiting, found.oldest, found.oldest_due, found.oldest_recorded) == (1, ago(600), ago(600), ago(620))


async def test_what_the_inbox_has_not_read_is_undelivered_too(line: Line) -> None:
    await line.arrive(await line.tell(1, ago(900)), 1, "delivered")
    await line.tell(2, ago(600))
    await line.tell(3, ago(300))
    found = await line.stands()
    assert (found.waiting, found.unarrived, found.oldest, found.oldest_due) == (0, 2, ago(600), ago(600))


async def test_a_dead_letter_and_who_is_behind_it_are_told_from_what_could_go(line: Line) -> None:
    await line.arrive(await line.tell(1, ago(900)), 1, "dead", b"a" * 16)
    await line.arrive(await line.tell(2, ago(800)), 2, "waiting", b"a" * 16)
    await line.arrive(await line.tell(3, ago(10)), 3, "waiting", b"b" * 16)
    found = await line.stands()
    assert (found.waiting, found.dead, found.behind) == (2, 1, 1)
    assert (found.oldest, found.oldest_dead, found.oldest_behind) == (ago(900), ago(900), ago(800))
    assert found.oldest_due == ago(10)


async def test_the_oldest_is_found_in_whichever_partition_it_is(line: Line) -> None:
    await line.arrive(await line.tell(1, ago(10)), 1, "waiting", b"a" * 16)
    await line.arrive(await line.tell(1, ago(500), part=1), 1, "waiting", b"b" * 16, part=1)
    assert (await line.stands()).oldest == ago(500)


async def test_what_the_ledger_does_not_know_counts_from_its_arrival_and_is_said(line: Line) -> None:
    await line.arrive(uuid4(), 1, "waiting")
    found = await line.stands()
    assert (found.oldest, found.unrecorded) == (NOW, 1)


@pytest.mark.trap("input-11")
async def test_a_protection_is_on_its_way_until_it_is_settled_and_its_seconds_are_told_once(line: Line) -> None:
    disclosure = await line.tell(1, ago(30))
    await line.arrive(disclosure, 1, "waiting")
    async with line.database.transaction() as held:
        await protecting(held, TAX, [(disclosure, int(ago(45).timestamp() * 1e6))])
    assert await protected(line.database, TAX) == ([], ago(45))
    await line.database.execute("UPDATE inbox.disclosures SET state = 'delivered', receipt = 'r', settled_at = $1", NOW)
    assert await protected(line.database, TAX) == ([45.0], None)
    assert await protected(line.database, TAX) == ([], None)


@pytest.mark.trap("F3", "F6")
@pytest.mark.parametrize("records", [
    [[1, 2, 3, 4]], [[1], [2], [3], [4]], [[1, 2], [1, 2], [3, 4]], [[1, 2, 3], [2, 3, 4], [1]], [[4], [1, 2], [3]],
    [[2, 4]], [[1, 1, 4, 4]],
])  # fmt: skip
async def test_repeated_skipped_and_swapped_records_leave_the_tally_equal_to_the_ledger(
    line: Line, records: list[list[int]]
) -> None:
    for seq in (1, 2, 3, 4):
        await line.tell(seq, NOW, took=100 if seq == 4 else 1)
    for seqs in records:
        await count(line.database, 0, record(*((seq, 100 if seq == 4 else 1) for seq in seqs)), BOUNDS)
    assert await line.hours() == {NOW.replace(minute=0): (4, 1)}


async def test_what_a_poison_record_leaves_out_is_fetched_from_the_archive(line: Line) -> None:
    for seq in (1, 2, 3):
        await line.tell(seq, NOW)
    mended = metrics.WATCH_MENDED.labels(TAX)._value.get()
    for value in (record((1, 1)), b"{", record((3, 1))):
        await count(line.database, 0, value, BOUNDS)
    assert await line.hours() == {NOW.replace(minute=0): (3, 0)}
    assert metrics.WATCH_MENDED.labels(TAX)._value.get() == mended + 1


class Bus:
    """A broker that takes what it is sent, or refuses."""

    def __init__(self) -> None:
        self.sent: list[Mapping[str, Any]] = []
        self.refuses = False

    async def send(self, batches: Batches) -> None:
        if self.refuses:
            raise ProduceFailed("not-acknowledged")
        self.sent += [orjson.loads(each.value or b"") for lot in batches.values() for each in lot]


@pytest.mark.trap("F2")
async def test_a_refused_batch_is_forwarded_again_and_nothing_twice_once_it_was_taken(line: Line) -> None:
    await line.tell(1, ago(5))
    bus = Bus()
    forwarder = Forwarder(line.database, bus, "juki", [0])
    await forwarder.begin()
    bus.refuses = True
    with pytest.raises(ProduceFailed):
        await forwarder.once()
    assert metrics.OLDEST_UNFORWARDED._value.get() == ago(5).timestamp()
    bus.refuses = False
    assert [await forwarder.once(), await forwarder.once()] == [1, 0]
    await line.tell(2, ago(1))
    await forwarder.once()
    assert [one["told"] for sent in bus.sent for one in sent["lines"]] == [{TAX: 1}, {TAX: 2}]
    assert (await forwarder.once(), metrics.OLDEST_UNFORWARDED._value.get()) == (0, 0)


async def test_a_breach_has_one_beginning_and_one_end(line: Line) -> None:
    watcher = Watcher(line.database, policy([TAX]), 4)
    await line.arrive(await line.tell(1, ago(600)), 1, "waiting")
    gauge = metrics.SERVICE_BREACHED.labels(TAX)
    await watcher.once(NOW)
    await watcher.once(NOW + timedelta(seconds=10))
    began = await line.database.fetch(LOOKING["open"])
    assert [(row["code"], row["began_at"]) for row in began] == [("service-level", NOW)]
    assert gauge._value.get() == 1
    await line.database.execute("UPDATE inbox.disclosures SET state = 'delivered', receipt = 'r', settled_at = $1", NOW)
    await watcher.once(NOW + timedelta(seconds=20))
    assert (await line.database.fetch(LOOKING["open"]), gauge._value.get()) == ([], 0)


async def test_an_hour_of_mass_extraction_is_seen_and_a_usual_one_is_not(line: Line) -> None:
    hours = "INSERT INTO hub.watch_hours SELECT $1, $2::timestamptz - n * interval '1 hour', 400, 0"
    await line.database.execute(f"{hours} FROM generate_series(2, 300) AS n", TAX, NOW.replace(minute=0))
    watcher, seen = Watcher(line.database, policy([TAX]), 4), []
    for more in (1100, 200):
        add = "INSERT INTO hub.watch_hours VALUES ($1, $2, $3, 0) ON CONFLICT (contract, hour) DO UPDATE SET told = "
        await line.database.execute(f"{add} watch_hours.told + $3", TAX, NOW.replace(minute=0), more)
        await watcher.once(NOW)
        seen.append((metrics.UNUSUAL_VOLUME.labels(TAX)._value.get(), metrics.HOUR_LIMIT.labels(TAX)._value.get()))
    assert seen == [(0, 1200), (1, 1200)]


async def test_what_the_watch_has_not_counted_is_said(line: Line) -> None:
    for seq in (1, 2, 3):
        await line.tell(seq, NOW)
    watcher, gauge = Watcher(line.database, policy([TAX]), 4), metrics.UNWATCHED.labels(TAX)
    await watcher.once(NOW)
    before = gauge._value.get()
    await count(line.database, 0, record((1, 1), (2, 1), (3, 1)), BOUNDS)
    await watcher.once(NOW)
    assert (before, gauge._value.get()) == (3, 0)
