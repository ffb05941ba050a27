"""Input 20: PostgreSQL restarts, cannot serialise, finds a deadlock, has no connection left: nothing lost or twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from consumers.process import kept_up
from hub import metrics
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import DatabaseError, DependencyUnavailable
from hub.lifecycle import Process
from producers.outbox import record
from tests.conformance.counterparts import Fake
from tests.conformance.samples import disclosure
from tests.fakes import MemoryKeys
from tests.house import POSTGRES, House, script
from tests.integration.consumers.line import HandOver, until
from tests.integration.producers.registry import NOW, Published, correction, residents, versions
from tests.integration.producers.test_relay import at_work, empty, relays, written

pytestmark = pytest.mark.faults


def restarted(house: House) -> None:
    """Sessions are cut, and for a moment nobody answers."""
    where = ("--data", str(house.postgres_data), "--secrets", str(house.secrets))
    assert script(POSTGRES, "stop", *where).returncode == 0
    assert script(POSTGRES, "start", *where, "--memory-mb", "64").returncode == 0


@asynccontextmanager
async def at_the_line(line: HandOver) -> AsyncIterator[None]:
    """The loops of a delivering process, as it runs them."""
    process = Process("deliver")

    def patient(once: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[None]]:
        async def step() -> None:
            if not await once():
                await process.wait(0.05)

        return step

    async with asyncio.TaskGroup() as loops:
        loops.create_task(kept_up(process, "receiving", patient(lambda: line.inbox.once(0))))
        loops.create_task(kept_up(process, "hand-over", patient(line.deliverer.start)))
        yield
        process.stopping.set()
    await line.deliverer.finish()


@pytest.mark.trap("input-20", "D4")
async def test_over_a_restart_everything_is_delivered_once_and_in_order(database: Database, house: House) -> None:
    fake = Fake("prefecture")
    line = HandOver(database, "prefecture", fake)
    said = [(seed, disclosure("prefecture", seed, nth=nth)) for nth in range(1, 11) for seed in range(1, 11)]
    records = [await line.sealed(one, seed) for seed, one in said]

    async def delivered(count: int) -> bool:
        return len(fake.taken) >= count

    async with at_the_line(line):
        line.put(*records[:50])
        await until(lambda: delivered(20))
        await asyncio.to_thread(restarted, house)
        line.put(*records[50:])
        await until(lambda: delivered(100))
        await until(lambda: all_settled(line))
    assert len({one.id for one in fake.taken}) == len(fake.taken) == 100


async def all_settled(line: HandOver) -> bool:
    try:
        return await line.are(delivered=100)
    except DatabaseError:
        return False


@pytest.mark.trap("input-20")
async def test_what_cannot_be_serialised_leaves_nothing_and_may_be_done_again(registry: Database) -> None:
    who, now = (await residents(registry))[0]

    async def too_late() -> None:
        async with registry.transaction() as late:
            await late.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
            await late.fetch("SELECT version FROM registry.resident")
            async with registry.transaction() as early:
                await record(early, [correction(who, now, 1)], NOW)
            await record(late, [correction(who, now, 2)], NOW)

    with pytest.raises(DatabaseError, match="sqlstate-40001"):
        await too_late()
    assert len(await versions(registry, "id")) == 1
    async with registry.transaction() as again:
        await record(again, [correction(who, now, 2)], NOW)
    assert len(await versions(registry, "id")) == len(set(await versions(registry, "id"))) == 2


@pytest.mark.trap("input-20", "P4")
async def test_of_two_that_block_each_other_one_leaves_nothing_and_may_be_done_again(registry: Database) -> None:
    one, other = (await residents(registry))[:2]
    both_hold = asyncio.Barrier(2)

    async def crosswise(first: Any, second: Any) -> None:
        async with registry.transaction() as tx:
            await record(tx, [correction(*first)], NOW)
            await both_hold.wait()
            await record(tx, [correction(*second)], NOW)

    ended = await asyncio.gather(crosswise(one, other), crosswise(other, one), return_exceptions=True)
    assert sorted(map(str, ended)) == ["None", "sqlstate-40P01"]
    assert len(await versions(registry, "id")) == 2
    async with registry.transaction() as again:
        await record(again, [correction(*one), correction(*other)], NOW)
    assert len(await versions(registry, "id")) == 4


async def limited(house: House, settings: Settings, connections: int) -> None:
    """How many connections the registry's database takes; -1: as many as the server."""
    name = settings.registry_dsn.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
    async with connect(house.postgres, 1) as admin:
        await admin.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT {connections}')


@pytest.mark.trap("input-20")
async def test_without_a_free_connection_the_relay_waits_and_then_goes_on(
    house: House, databases: Settings, registry: Database
) -> None:
    ids = await written(registry, await residents(registry))
    publisher, failures = Published(keys := MemoryKeys()), metrics.PUBLISH_FAILURES._value.get()
    await limited(house, databases, 1)
    with pytest.raises(DependencyUnavailable):
        async with connect(databases.registry_dsn, 1):
            pass

    async def refused() -> bool:
        return bool(metrics.PUBLISH_FAILURES._value.get() > failures)

    async def carried() -> bool:
        return len(publisher.seen) == len(ids)

    await registry.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                           "WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip
    async with at_work(registry, relays(registry, publisher, keys)):
        await until(refused)
        await limited(house, databases, -1)
        await until(carried)
    assert (sorted(ids), publisher.rising()) == (sorted(change for _, change, _ in publisher.seen), True)
    assert await empty(registry)
