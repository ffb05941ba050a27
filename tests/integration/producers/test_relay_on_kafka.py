"""The relay's own process between a real PostgreSQL and a real Kafka, and killed where it hurts most."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hub.bus import reader
from hub.database import Database, connect
from hub.errors import DependencyUnavailable
from hub.intake import Accepted, Intake
from hub.keys import CHANGES, KeyStore
from hub.pseudonym import Pseudonyms
from hub.topics import changes
from hub.wrapping import wrapper
from producers.capture.table import Outbox
from producers.city import load
from producers.outbox import SHARDS, record
from producers.relay import BATCH, Relay
from producers.relay_process import opened
from tests.house import World
from tests.integration.producers.registry import NOW, correction, residents


@contextmanager
def run_relay(world: World) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "hub", "run", "relay"]
    with subprocess.Popen(command, env=dict(world.env), stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


async def published(world: World, ids: list[str], count: int = 0) -> list[Accepted]:
    """What the router would read until it has all `ids` and `count` records, in the order of each partition."""
    settings = world.settings
    async with connect(settings.database, 1) as db:
        keys = KeyStore(db, wrapper(settings))
        intake = Intake(keys, Pseudonyms(await keys.pseudonym_key(CHANGES)))
        found: list[Accepted] = []
        parts = range(settings.partitions)
        async with reader(settings, "router", changes(settings.prefix), parts) as topic, asyncio.timeout(60):
            while len(found) < count or {one.change.id for one in found} != set(ids):
                read = [await intake.read(one) for one in await topic.poll()]
                found += [one for one in read if isinstance(one, Accepted)]
    return found


async def written(db: Database, times: int) -> list[str]:
    people, ids = await residents(db), []
    for number in range(times):
        async with db.transaction() as tx:
            ids += [str(one.id) for one in await record(tx, [correction(*who, number) for who in people], NOW)]
    return ids


def rising(seen: list[Accepted]) -> bool:
    """Whether versions rise per resident, repeats of the very same Change aside."""
    last: dict[object, int] = {}
    known: set[str] = set()
    for change in (one.change for one in seen):
        if change.id not in known and change.version <= last.get(change.resident, 0):
            return False
        last[change.resident] = max(change.version, last.get(change.resident, 0))
        known.add(change.id)
    return True


async def until_empty(db: Database) -> None:
    async with asyncio.timeout(60):
        while await db.fetchval("SELECT EXISTS (SELECT FROM registry.outbox)"):  # noqa: ASYNC110 - in PostgreSQL
            await asyncio.sleep(0.02)


async def test_the_router_can_read_what_the_relay_has_carried(world):
    async with connect(world.settings.registry, 2) as db:
        await load(db, 120, 7)
        ids = await written(db, 5)
        with run_relay(world) as process:
            seen = await published(world, ids)
            await until_empty(db)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
    assert sorted(one.change.id for one in seen) == sorted(ids)
    assert rising(seen)


@pytest.mark.faults
@pytest.mark.trap("input-16", "P6")
async def test_relays_killed_again_and_again_lose_nothing_and_keep_the_order(world):
    async with connect(world.settings.registry, 2) as db:
        await load(db, 120, 7)
        ids = await written(db, 40)
        for left in (3900, 2000):
            with run_relay(world):
                await _until_at_most(db, left)
        with run_relay(world):
            ids += await written(db, 2)
            await until_empty(db)
    seen = await published(world, ids)
    assert len(seen) >= len(ids)
    assert rising(seen)


@pytest.mark.trap("input-01", "input-16", "P6")
async def test_what_is_published_again_after_a_lost_delete_is_the_same_bytes(world):
    settings = world.settings
    async with connect(settings.registry, 2) as db:
        await load(db, 120, 7)
        ids = await written(db, 1)
        async with opened(settings) as (registry, [relay, *_], _):
            everything = Outbox(registry, range(SHARDS), BATCH)
            with pytest.raises(_Died):
                await _dying(relay).carry(everything)
            assert await relay.carry(everything) == len(ids)
    seen = await published(world, ids, 2 * len(ids))
    contents = {one.change.id: one.content for one in seen}
    assert (len(seen), set(contents)) == (2 * len(ids), set(ids))
    assert all(contents[one.change.id] == one.content for one in seen)


async def test_a_relay_without_a_broker_says_so(world):
    nowhere = world.settings.model_copy(update={"kafka": "127.0.0.1:1"})
    with pytest.raises(DependencyUnavailable):
        async with opened(nowhere):
            pass


class _Died(Exception):
    """The process is gone between acknowledgement and DELETE."""


class _Dies:
    def __init__(self, publisher) -> None:
        self._publisher = publisher

    async def send(self, batches) -> None:
        await self._publisher.send(batches)
        raise _Died


def _dying(healthy: Relay) -> Relay:
    dying = object.__new__(Relay)
    dying.__dict__ = {**healthy.__dict__, "_publisher": _Dies(healthy._publisher)}
    return dying


async def _until_at_most(db: Database, left: int) -> None:
    async with asyncio.timeout(60):
        while await db.fetchval("SELECT count(*) FROM registry.outbox") > left:  # noqa: ASYNC110 - in PostgreSQL
            await asyncio.sleep(0.005)
