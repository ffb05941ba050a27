"""The relay on a real PostgreSQL, with a publisher in memory: in order, nothing lost, nobody else held up."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from hub import metrics
from hub.config import Settings
from hub.database import connect
from hub.errors import ProduceFailed
from hub.lifecycle import Process
from producers.capture.table import Outbox
from producers.carrying import Carrier
from producers.halted import halted, resume
from producers.outbox import SHARDS, record, shard
from producers.relay import Relay
from tests.fakes import MemoryKeys
from tests.integration.producers.registry import NOW, Hand, Published, correction, residents
from tests.people import line

SETTINGS = Settings(data=Path("unused"), partitions=8)


def relays(db, publisher, keys, batch=1000):
    """One for each shard."""
    relay = Relay(keys, publisher, SETTINGS, lambda: NOW)
    return [Hand(relay, Outbox(db, [number], batch)) for number in range(SHARDS)]


async def carry_all(crew):
    while any([await relay.carry() for relay in crew]):
        pass


async def written(db, people, times=1):
    """Changes of `people`, one transaction after the other; their ids."""
    ids = []
    for number in range(times):
        async with db.transaction() as tx:
            ids += [str(one.id) for one in await record(tx, [correction(*who, number) for who in people], NOW)]
    return ids


@asynccontextmanager
async def at_work(db, crew, batch=1000):
    """Relays as the process runs them."""
    process = Process("relay")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Carrier(process, db, [hand.relay for hand in crew], batch).carry_on())
        yield
        process.stopping.set()


async def until(condition, seconds=30.0):
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - the condition is PostgreSQL's
            await asyncio.sleep(0.005)


async def empty(db):
    return not await db.fetchval("SELECT count(*) FROM registry.outbox")


async def test_every_change_is_published_once_in_order_and_leaves_the_outbox(db):
    ids = await written(db, await residents(db), times=5)
    publisher = Published(keys := MemoryKeys())
    await carry_all(relays(db, publisher, keys, batch=50))
    assert sorted(ids) == sorted(change for _, change, _ in publisher.seen)
    assert publisher.rising()
    assert await empty(db)


async def test_the_record_key_is_the_resident_in_disguise_and_the_partition_follows_the_resident(db):
    await written(db, await residents(db))
    publisher = Published(keys := MemoryKeys())
    await carry_all(relays(db, publisher, keys))
    parts = {part for batches in publisher.batches for _, part in batches}
    assert {UUID(resident).int % 8 for resident, _, _ in publisher.seen} == parts
    record_keys = {one.key for batches in publisher.batches for records in batches.values() for one in records}
    assert (120, {16}) == (len(record_keys), {len(key) for key in record_keys})


@pytest.mark.trap("P2")
async def test_a_transaction_that_commits_late_is_not_passed_over(db):
    slow, *others = [who for who in await residents(db) if shard(who[0]) == 0]
    publisher = Published(keys := MemoryKeys())
    relay = relays(db, publisher, keys)[0]
    async with db.transaction() as held:
        late = await record(held, [correction(*slow)], NOW)
        ids = await written(db, others)
        await relay.carry()
        assert sorted(ids) == sorted(change for _, change, _ in publisher.seen)
    await relay.carry()
    assert str(late[0].id) == publisher.seen[-1][1]


@pytest.mark.faults
@pytest.mark.trap("input-03", "P3")
async def test_two_relays_and_ten_thousand_changes_of_a_hundred_residents_keep_every_order(db, dsn):
    people = (await residents(db))[:100]
    publisher = Published(keys := MemoryKeys())
    async with connect(dsn, 9) as other:
        one, two = (relays(registry, publisher, keys) for registry in (db, other))
        async with at_work(other, two, batch=97), at_work(db, one, batch=97):
            ids = await written(db, people, times=100)
            await until(lambda: empty(db), 60)
    assert len(ids) == 10_000
    assert sorted(ids) == sorted(change for _, change, _ in publisher.seen)
    assert publisher.rising()


@pytest.mark.trap("P3")
async def test_a_shard_has_one_relay_at_a_time(db, dsn):
    person = next(who for who in await residents(db) if shard(who[0]) == 0)
    await written(db, [person])
    keys = MemoryKeys()
    second = Published(keys)

    class Slow(Published):
        async def send(self, batches):
            async with connect(dsn, 2) as other:
                assert await relays(other, second, keys)[0].carry() == 0
            await super().send(batches)

    first = Slow(keys)
    assert await relays(db, first, keys)[0].carry() == 1
    assert (first.attempts, second.attempts) == (1, 0)


async def test_all_shards_go_in_one_lot_but_those_that_another_relay_has(db, dsn):
    await written(db, await residents(db))
    keys = MemoryKeys()
    mine, theirs = Published(keys), Published(keys)
    async with connect(dsn, 2) as other, Outbox(other, [1], 1000).lot() as held:
        relay = relays(db, mine, keys)[0]
        assert await relay.carry(Outbox(db, range(SHARDS), 1000)) == 120 - len(held.rows)
    assert not {shard(UUID(resident)) for resident, _, _ in mine.seen} & {1}
    assert (mine.attempts, await relays(db, theirs, keys)[1].carry()) == (1, len(held.rows))
    assert await empty(db)


async def test_the_transaction_of_a_lot_does_not_wait_for_the_disk_and_every_other_does(db):
    async def waits(tx):
        return await tx.fetchval("SHOW synchronous_commit")

    async with Outbox(db, [0], 1000).lot() as lot:
        assert await waits(lot.tx) == "off"
    for _ in range(3):
        async with db.transaction() as tx:
            assert await waits(tx) == "on"


@pytest.mark.trap("input-16", "P6")
async def test_a_relay_that_dies_after_the_acknowledgement_publishes_the_same_id_and_version_again(db):
    person = next(who for who in await residents(db) if shard(who[0]) == 0)
    await written(db, [person])
    keys = MemoryKeys()

    class Dies(Published):
        async def send(self, batches):
            await super().send(batches)
            raise asyncio.CancelledError

    publisher = Dies(keys)
    with pytest.raises(asyncio.CancelledError):
        await relays(db, publisher, keys)[0].carry()
    again = Published(keys)
    await relays(db, again, keys)[0].carry()
    assert publisher.seen == again.seen
    assert await empty(db)


@pytest.mark.trap("D4", "P6")
async def test_what_the_broker_refuses_stays_and_is_published_later(db):
    ids = await written(db, await residents(db))
    publisher = Published(keys := MemoryKeys(), refuse=lambda attempt: attempt <= SHARDS)
    crew = relays(db, publisher, keys)
    with pytest.raises(ProduceFailed):
        await crew[0].carry()
    async with at_work(db, crew):
        await until(lambda: empty(db))
    assert sorted(ids) == sorted(change for _, change, _ in publisher.seen)


@pytest.mark.trap("P7")
async def test_what_is_recorded_is_found_though_nobody_is_woken(db):
    person = (await residents(db))[0]
    publisher = Published(keys := MemoryKeys())
    async with at_work(db, relays(db, publisher, keys)):
        await written(db, [person])
        await until(lambda: empty(db))
    assert len(publisher.seen) == 1


def test_no_statement_of_ours_notifies_for_then_no_two_transactions_could_commit_at_once():
    rooms = [Path(room).rglob("*.sql") for room in ("hub", "producers", "consumers")]
    assert not [file.name for files in rooms for file in files if "notify" in file.read_text(encoding="utf-8").lower()]


async def test_and_no_function_in_the_registry_does(db):
    assert not await db.fetch("SELECT proname FROM pg_proc WHERE prosrc ILIKE '%pg_notify%' AND prolang <> 12")


async def test_a_row_that_its_door_refuses_halts_its_resident_and_nobody_else(db):
    poisoned, healthy = [who for who in await residents(db) if shard(who[0]) == 0][:2]
    await db.execute("INSERT INTO registry.outbox (shard, resident, change) VALUES (0, $1, $2)", poisoned[0], b"{")
    ids = await written(db, [poisoned, healthy])
    counted = metrics.UNPUBLISHABLE._value.get()
    publisher = Published(keys := MemoryKeys())
    await carry_all(relays(db, publisher, keys))
    assert [str(healthy[0])] == [resident for resident, _, _ in publisher.seen]
    assert metrics.UNPUBLISHABLE._value.get() == counted + 1
    [seen] = await halted(db)
    assert (seen["resident"], seen["code"], seen["waiting"]) == (str(poisoned[0]), "bad-json", 2)
    assert await resume(db, poisoned[0]) == 2
    await carry_all(relays(db, publisher, keys))
    assert [(one["resident"], one["code"]) for one in await halted(db)] == [(str(poisoned[0]), "bad-json")]
    await db.execute("DELETE FROM registry.outbox WHERE change = $1", b"{")
    assert await resume(db, poisoned[0]) == 1
    await carry_all(relays(db, publisher, keys))
    assert sorted(ids) == sorted(change for _, change, _ in publisher.seen)


async def test_a_row_under_a_foreign_resident_is_not_published(db):
    one, other = [who for who in await residents(db) if shard(who[0]) == 0][:2]
    await written(db, [one])
    await db.execute("UPDATE registry.outbox SET resident = $1", other[0])
    publisher = Published(keys := MemoryKeys())
    await carry_all(relays(db, publisher, keys))
    assert publisher.seen == []
    assert await db.fetchval("SELECT code FROM registry.halted") == "foreign-resident"


async def test_a_resident_of_whom_no_record_key_can_be_turned_back_is_halted_and_nobody_else(db):
    (_, now), healthy = [who for who in await residents(db) if shard(who[0]) == 0][:2]
    foreign = UUID(int=UUID(int=4, version=4).int ^ (4 ^ 7) << 76)
    body = line("MINOR_CORRECTION", now, now, resident=str(foreign))
    await db.execute("INSERT INTO registry.outbox (shard, resident, change) VALUES (0, $1, $2)", foreign, body)
    await written(db, [healthy])
    publisher = Published(keys := MemoryKeys())
    await carry_all(relays(db, publisher, keys))
    assert [str(healthy[0])] == [resident for resident, _, _ in publisher.seen]
    [seen] = await halted(db)
    assert (7, foreign, "bad-format") == (foreign.version, UUID(seen["resident"]), seen["code"])


async def test_nothing_personal_is_readable_in_what_is_published(db):
    await written(db, await residents(db))
    publisher = Published(keys := MemoryKeys())
    await carry_all(relays(db, publisher, keys))
    flat = b"".join(one.key + one.value for lot in publisher.batches for records in lot.values() for one in records)
    rows = await db.fetch("SELECT record FROM registry.resident")
    for name, number in ((one["name"], one["my_number"]) for one in (orjson.loads(row["record"]) for row in rows)):
        assert name.encode() not in flat
        assert number.encode() not in flat
