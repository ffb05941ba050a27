"""What was read back at a counterpart becomes a line of the ledger, once; the night; the count of records."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from consumers.adapters.hours import STORE
from consumers.disclosure import Disclosure
from consumers.reconcile import Reconciler, is_due
from contracts.change import JAPAN
from hub.archive import Archiver
from hub.config import Settings
from hub.confirmed import Confirming
from hub.database import Database, connect
from hub.errors import DatabaseError, DependencyUnavailable, ProduceFailed
from hub.standing import standing as how_it_stands
from tests.conformance.counterparts import Fake, Standin, Standing
from tests.conformance.samples import disclosure
from tests.fakes import MemoryBroker
from tests.integration.consumers.line import HandOver, MemoryReader, MemoryTopic

VIA = "convenience-store"
LEDGER = "juki.ledger"


class Broker(MemoryBroker):
    """A Writer of what is on the ledger; away, where it is told to be."""

    async def send(self, batches: Any) -> None:
        if self.refuse_next:
            raise ProduceFailed("not-acknowledged")
        for (topic, part), records in batches.items():
            self.put(topic, part, *records)


@pytest.fixture(scope="module")
def standing() -> Any:
    made = Standing()
    yield made
    made.stop()


@pytest.fixture
async def store(standing: Standing) -> AsyncIterator[Standin]:
    async with standing.of(VIA) as made:
        yield made


@pytest.fixture
def line(database: Database, store: Standin) -> HandOver:
    return HandOver(database, VIA, store, protected="suspend")


def gone(seed: int, nth: int, state: str = "deleted") -> Disclosure:
    said = disclosure(VIA, seed, nth=nth, state=state)
    items = {"atena_no": said.items["atena_no"]} if state == "left" else said.items
    return replace(said, items=items)


async def test_an_erasure_that_was_read_back_is_noted_for_the_ledger_and_nothing_else_is(line: HandOver) -> None:
    await line.send((1, disclosure(VIA, 1)), (2, disclosure(VIA, 2)), (1, gone(1, 2)))
    await line.work(lambda: line.are(delivered=3))
    [noted] = await line.database.fetch("SELECT * FROM hub.confirming")
    settled = {row["id"]: row for row in await line.rows()}[gone(1, 2).id]
    assert (noted["disclosure"], noted["contract"], noted["what"]) == (gone(1, 2).id, VIA, "erased")
    assert (noted["confirmed_at"], noted["partition"]) == (settled["settled_at"], settled["partition"])


async def test_an_erasure_that_was_not_read_back_is_neither_delivered_nor_noted(line: HandOver) -> None:
    await line.send((1, disclosure(VIA, 1)))
    await line.work(lambda: line.are(delivered=1))
    await line.counterpart.switch("keeps-erased")
    await line.send((1, gone(1, 2)), (2, disclosure(VIA, 2)))

    async def others_go_on() -> bool:
        return await line.are(delivered=2, waiting=1) and "not-erased" in await line.codes()

    await line.work(others_go_on)
    assert await line.database.fetch("SELECT * FROM hub.confirming") == []
    assert not line.deliverer._breaker.is_open
    await line.counterpart.switch("clear")
    await line.settler.hurry()
    await line.work(lambda: line.are(delivered=3))
    assert len(await line.database.fetch("SELECT * FROM hub.confirming")) == 1


async def test_what_was_confirmed_is_on_the_ledger_once_the_broker_has_it(line: HandOver) -> None:
    await line.send((1, gone(1, 1, "left")))
    await line.work(lambda: line.are(delivered=1))
    broker = Broker()
    broker.refuse_next = True
    confirming = Confirming(line.database, broker, "juki", 1)  # type: ignore[arg-type]
    with pytest.raises(ProduceFailed):
        await confirming.once()
    broker.refuse_next = False
    assert [await confirming.once(), await confirming.once()] == [1, 0]
    [record] = broker.read(LEDGER)
    said = orjson.loads(record.value or b"")
    assert said.keys() == {"kind", "disclosure", "contract", "what", "receipt_sha256", "confirmed_at"}
    assert (said["kind"], said["disclosure"], said["what"]) == ("confirmation", str(gone(1, 1).id), "erased")
    values = [value for value in disclosure(VIA, 1).items.values() if isinstance(value, str) and len(value) > 1]
    assert not [value for value in values if value in (record.value or b"").decode()]


class Closed(Broker):
    """Takes nothing on one partition, and knows no more than four."""

    async def send(self, batches: Any) -> None:
        if {part for _, part in batches} - {0, 2, 3}:
            raise ProduceFailed("not-acknowledged")
        await super().send(batches)


async def test_a_partition_that_takes_nothing_or_does_not_exist_keeps_no_confirmation_back(
    databases: Settings,
) -> None:
    at = datetime(2026, 4, 2, 9, tzinfo=JAPAN)
    async with connect(databases.database, 1) as database:
        rows = [(disclosure(VIA, n).id, VIA, part, "erased", bytes(32), at) for n, part in enumerate((99, 1, 0, 2, -1))]
        await database.executemany(
            "INSERT INTO hub.confirming (disclosure, contract, partition, what, receipt_sha256, confirmed_at) "
            "VALUES ($1, $2, $3, $4, $5, $6)", rows,
        )  # fmt: skip
        broker = Closed()
        with pytest.raises(ProduceFailed):
            await Confirming(database, broker, "juki", 4).once()  # type: ignore[arg-type]
        assert {part: len(broker.records[LEDGER, part]) for _, part in broker.records} == {0: 1, 2: 1, 3: 2}
        assert await database.fetchval("SELECT array_agg(partition) FROM hub.confirming") == [1]


async def test_a_line_that_was_written_twice_is_archived_once_and_never_altered(databases: Settings) -> None:
    async with connect(databases.database, 2) as database:
        row = {
            "disclosure": disclosure(VIA).id, "contract": VIA, "partition": 0, "what": "erased",
            "receipt_sha256": bytes(32), "confirmed_at": datetime(2026, 4, 2, 9, tzinfo=JAPAN),
        }  # fmt: skip
        broker = Broker()
        for _ in range(2):  # cut off between the broker's acknowledgement and its note
            await database.execute(
                "INSERT INTO hub.confirming (disclosure, contract, partition, what, receipt_sha256, confirmed_at) "
                "VALUES ($1, $2, $3, $4, $5, $6)", *row.values(),
            )  # fmt: skip
            await Confirming(database, broker, "juki", 1).once()  # type: ignore[arg-type]
        topic = MemoryTopic(LEDGER, {0: broker.records[LEDGER, 0]})
        archiver = Archiver(database, MemoryReader(topic), [0])  # type: ignore[arg-type]
        await archiver.resume()
        await archiver.once()
        [kept] = await database.fetch("SELECT * FROM hub.confirmations")
        assert (kept["disclosure"], kept["ledger_offset"], len(topic.records[0])) == (row["disclosure"], 0, 2)
        with pytest.raises(DatabaseError):
            await database.execute("DELETE FROM hub.confirmations")


class Night:
    """A line on which it is night until `morning`."""

    def __init__(self, database: Database) -> None:
        self.at = datetime(2026, 4, 2, 23, 30, tzinfo=JAPAN)
        self.fake = Fake(VIA, hours=STORE)
        self.line = HandOver(database, VIA, self.fake, protected="suspend", clock=self.now)

    def now(self) -> datetime:
        return self.at

    def morning(self) -> None:
        self.at = datetime(2026, 4, 3, 6, 30, tzinfo=JAPAN)


@pytest.fixture
def night(database: Database) -> Night:
    return Night(database)


async def resting(night: Night, *said: tuple[int, Disclosure]) -> None:
    """These wait for the morning."""
    await night.line.send(*said)

    async def rest() -> bool:
        return {row["code"] for row in await night.line.rows()} == {"resting"}

    await night.line.work(rest)


async def test_at_night_records_rest_and_erasures_go(night: Night) -> None:
    line = night.line
    await resting(night, *[(seed, disclosure(VIA, seed)) for seed in range(1, 9)])
    await line.send((20, gone(20, 1)), (21, gone(21, 1, "left")))
    await line.work(lambda: line.are(waiting=8, delivered=2))
    assert not line.deliverer._breaker.is_open, "a counterpart that sleeps is not one that is down"
    night.morning()
    await line.work(lambda: line.are(delivered=10))
    assert len(night.fake.taken) == 10


@pytest.mark.trap("input-11")
async def test_at_night_a_protection_does_not_wait_behind_the_record_that_rests(night: Night) -> None:
    await resting(night, (1, disclosure(VIA, 1)))
    await night.line.send((1, gone(1, 2, "left")))
    await night.line.work(lambda: night.line.are(superseded=1, delivered=1))
    assert [one.state for one in night.fake.taken] == ["left"]


async def test_what_rests_is_not_late(night: Night) -> None:
    await resting(night, (1, disclosure(VIA, 1)), (2, disclosure(VIA, 2)))
    await night.line.database.execute("UPDATE inbox.disclosures SET next_attempt_at = now() + interval '30 seconds'")
    [found] = await how_it_stands(night.line.database, [VIA])
    assert (found.waiting, found.oldest_due, found.oldest is None) == (2, None, False)
    await night.line.database.execute("UPDATE inbox.disclosures SET next_attempt_at = now() - interval '3 minutes'")
    [found] = await how_it_stands(night.line.database, [VIA])
    assert found.oldest_due is not None, "where nobody looks at it any more, it is"


TOLD = """INSERT INTO hub.told (contract, partition, seq, disclosure, change, state, items, contract_hash, token_sha256)
    VALUES ($1, 0, $2, $3, $3, $4, '{}', '', '')"""
LINE = """
    INSERT INTO hub.ledger (partition, ledger_offset, change, digest, subject, book, decided_on, recorded_at, line)
    VALUES (0, $1, $2, '', $3, '', '2026-04-01', now(), '{}')"""
ARRIVED = """INSERT INTO inbox.offsets (contract, partition, next_offset, last_seq) VALUES ($1, 0, 0, $2)
    ON CONFLICT (contract, partition) DO UPDATE SET last_seq = $2"""


async def on_the_ledger(line: HandOver, *said: tuple[int, Disclosure]) -> None:
    """The lines of what is told, as the archive has them."""
    for seq, (resident, one) in enumerate(said, start=1):
        await line.database.execute(TOLD, VIA, seq, one.id, one.state)
        await line.database.execute(LINE, seq, one.id, resident.to_bytes(16, "big"))
    await line.database.execute(ARRIVED, VIA, len(said))


@pytest.fixture
async def counted(databases: Settings, store: Standin) -> AsyncIterator[HandOver]:
    """A store that was told of three, of whom one is gone and one waits behind a letter."""
    async with connect(databases.database, 6) as database:
        line = HandOver(database, VIA, store, protected="suspend")
        said = [(1, disclosure(VIA, 1)), (2, disclosure(VIA, 2)), (3, disclosure(VIA, 3)), (2, gone(2, 2))]
        await line.send(*said)
        await line.work(lambda: line.are(delivered=4))
        await on_the_ledger(line, *said)
        yield line


def reconciler(line: HandOver, now: Callable[[], datetime]) -> Reconciler:
    return Reconciler(line.database, VIA, line.counterpart.adapter, line.counterpart.line, now)


async def test_the_count_of_the_night_finds_what_the_centre_holds_too_much(counted: HandOver) -> None:
    at = datetime(2026, 4, 2, 3, 30, tzinfo=JAPAN)
    nightly = reconciler(counted, lambda: at)
    first = await nightly.once()
    assert first is not None
    assert (first.expected, first.held, first.unsettled, first.beyond) == (2, 2, 0, 0)
    await counted.counterpart.switch("miscounts", by=3)
    assert await nightly.once() == first, "once a night"
    at += timedelta(days=1)
    second = await nightly.once()
    assert second is not None
    assert (second.expected, second.held, second.beyond) == (2, 5, 3)


async def test_a_centre_that_does_not_say_was_not_counted(counted: HandOver) -> None:
    nightly = reconciler(counted, lambda: datetime(2026, 4, 2, 3, 30, tzinfo=JAPAN))
    await counted.counterpart.switch("down", how="503")
    with pytest.raises(DependencyUnavailable):
        await nightly.once()
    await counted.counterpart.switch("clear")
    assert await nightly.once() is not None


def test_the_count_is_due_once_after_three_in_the_morning() -> None:
    night = datetime(2026, 4, 2, 3, tzinfo=JAPAN)
    minute = timedelta(minutes=1)
    assert is_due(None, night)
    assert [is_due(night - minute, night + by * minute) for by in (-1, 0, 1)] == [False, True, True]
    assert not is_due(night, night + timedelta(hours=23, minutes=59))
    assert is_due(night, night + timedelta(days=1))
