"""Routers that come and go under load: no partition has two owners, nothing is told twice, nothing is left out."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from hub import bus, topics
from hub.bench.sample import changes
from hub.bus import Transaction
from hub.bus.client import connection
from hub.database import connect
from hub.errors import PASSING, Contested, Fenced, JukiError
from hub.lifecycle import Process
from hub.run import _route_until_stopped
from hub.seal import header
from tests.house import World
from tests.integration.test_router_on_kafka import BOOK, Line, drained, gapless
from tests.processes import Processes, until

pytestmark = pytest.mark.faults


@pytest.fixture
async def line(world: World) -> AsyncIterator[Line]:
    async with connect(world.settings.database) as database, bus.writer(world.settings, "relay") as writer:
        yield Line(world, database, writer)


@asynccontextmanager
async def load(line: Line) -> AsyncIterator[list[int]]:
    """Changes, published all the while and each of them once; how many so far."""
    count, enough = [0], asyncio.Event()

    async def publish() -> None:
        for resident, content in changes(100_000):
            await line.seal_and_put(resident, content)
            count[0] += 1
            await asyncio.sleep(0.01)
            if enough.is_set():
                return

    publishing = asyncio.create_task(publish())
    try:
        yield count
    finally:
        enough.set()
        await publishing


async def told_once(line: Line, count: int) -> None:
    """Every sequence 1, 2, 3 …, and no disclosure under two numbers."""
    await gapless(line, "child-policy", count)
    ids = [header(record.value)["jti"] for record in await line.told("child-policy")]
    assert len(ids) == len(set(ids))


# In one process, at a chosen moment.


async def test_whoever_takes_some_partitions_fences_the_owner_of_all_who_goes_on_with_the_rest(line: Line) -> None:
    of_all, of_some = line.tenure(), line.tenure(1, 3)
    await line.publish(20)
    async with line.slot(of_all) as old, line.slot(of_some) as fresh:
        with pytest.raises(Fenced):
            await drained(old, 20)
        async with line.slot(of_all) as narrowed:
            assert (sorted(narrowed.sequences), sorted(fresh.sequences)) == ([0, 2], [1, 3])
            read = 0
            while read < 20:
                read += await narrowed.once() + await fresh.once()
    await told_once(line, 20)


async def test_an_owner_from_whom_everything_was_taken_ends(line: Line) -> None:
    old = line.tenure(0, 2)
    async with line.slot(old), line.slot():
        with pytest.raises(Fenced):
            async with line.slot(old):
                pass


async def test_of_two_that_take_over_at_the_same_moment_one_begins_again(line: Line) -> None:
    one, other = line.tenure(), line.tenure()
    found = await one.survey()
    await other.take(await other.survey())
    with pytest.raises(Contested):
        await one.take(found)
    await one.take(await one.survey())
    assert (await one.left(), await other.left()) == (4, 0)


@pytest.mark.timeout(180)
async def test_take_overs_at_any_moment_with_any_layout_tell_everything_once(line: Line) -> None:
    """Each process that comes takes some or all, and works beside those that it has left something."""
    layouts = [(), (1, 3), (0, 2), (2,), (0, 1), (3,), ()]
    async with load(line) as count, _Crowd(line) as crowd:
        for layout in layouts:
            await crowd.join(*layout)
            await crowd.work(rounds=4)
    async with line.slot() as last:
        while await last.once(timeout_ms=1000):
            pass
    await told_once(line, count[0])


class _Crowd:
    """Routers side by side; one that is fenced renews what it has left, or goes."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._tasks: list[asyncio.Task[None]] = []
        self._polls: list[int] = []

    async def __aenter__(self) -> "_Crowd":
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def join(self, *layout: int) -> None:
        self._polls.append(0)
        self._tasks.append(asyncio.create_task(self._route(layout, len(self._tasks))))

    async def work(self, rounds: int) -> None:
        """Until whoever joined last has polled so often; nobody has failed."""

        async def polls() -> int:
            for task in self._tasks:
                if task.done():
                    task.result()
            return self._polls[-1]

        await until(polls, lambda done: done >= rounds, f"{rounds} polls of the newest router")

    async def _route(self, layout: tuple[int, ...], number: int) -> None:
        tenure = self._line.tenure(*layout)
        while True:
            try:
                async with self._line.slot(tenure) as router:
                    while True:
                        await router.once()
                        self._polls[number] += 1
            except Fenced:
                if not await tenure.left():
                    return
            except (Contested, *PASSING):  # a real process waits and takes over anew
                continue


async def test_told_to_stop_in_the_middle_of_a_poll_it_finishes_it(line: Line) -> None:
    await line.publish(40)
    async with line.slot() as router:
        process = Process("router")
        transaction = router.writer.transaction

        def told_meanwhile(*given: str) -> AbstractAsyncContextManager[Transaction]:
            process.stopping.set()
            return transaction(*given)

        router.writer.transaction = told_meanwhile  # type: ignore[method-assign]
        await _route_until_stopped(router, process)
    told = len(await line.told("child-policy"))
    assert told > 0
    assert await open_transactions(line) == {}
    async with line.slot() as successor:
        await drained(successor, 40 - told)
    await told_once(line, 40)


async def test_told_to_stop_in_a_poll_that_does_not_end_it_aborts_and_leaves_nothing_open(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.run.GRACE_SECONDS", 0.2)
    await line.publish(40)
    async with line.slot() as router:
        process, producer = Process("router"), router.writer._producer

        async def never(*_: object) -> None:
            process.stopping.set()
            await asyncio.Event().wait()

        producer.send_offsets_to_transaction = never  # what was sent lies in an open transaction
        await _route_until_stopped(router, process)
    assert await open_transactions(line) == {}
    assert await line.told("child-policy") == []
    async with line.slot() as successor:
        await drained(successor, 40)
    await told_once(line, 40)


async def test_a_poll_that_fails_when_half_of_it_is_sent_is_aborted_and_told_once_by_the_next(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    await line.publish(40)
    async with line.slot() as router:
        with monkeypatch.context() as failing:
            failing.setattr("hub.bus.sending._REQUEST_BYTES", 1)  # each batch goes by itself, as soon as it is told
            failing.setattr("hub.router.positions.encode", refused)
            with pytest.raises(JukiError, match="told"):
                await drained(router, 40)
    assert await open_transactions(line) == {}
    async with line.slot() as successor:
        await drained(successor, 40)
    await told_once(line, 40)


def refused(_sequences: object) -> str:
    raise JukiError("told")


async def open_transactions(line: Line) -> dict[str, int]:
    """Topics where a reader of committed records is held back, and by how many offsets."""
    names = [topics.disclosures(line.prefix, name) for name in BOOK.contracts] + [topics.ledger(line.prefix)]
    places = [TopicPartition(name, part) for name in names for part in line.parts]
    ends = []
    for isolation in ("read_uncommitted", "read_committed"):
        consumer = AIOKafkaConsumer(**connection(line.settings, "admin"), isolation_level=isolation)
        await consumer.start()
        ends.append(await consumer.end_offsets(places))
        await consumer.stop()
    return {str(place): ends[0][place] - ends[1][place] for place in places if ends[0][place] != ends[1][place]}


# Real processes.


class Routers(Processes):
    """Routers with their own data folders, since several of them have the same number."""

    def router(self, name: str, slot: int, slots: int) -> None:
        kept = self.environment
        self.environment = kept | {"HUB_DATA": str(self.folder / name)}
        self.hub(name, "router", "--slot", str(slot), "--slots", str(slots))
        self.environment = kept

    def said(self, name: str, action: str) -> int:
        return (self.folder / f"{name}.log").read_text().count(f'"action": "{action}"')

    async def has_said(self, name: str, action: str) -> None:
        async def look() -> int:
            return self.said(name, action)

        await until(look, bool, f"{name} to say {action}")


@pytest.mark.timeout(240)
async def test_a_router_with_another_number_of_slots_joins_under_load_and_the_old_ones_go(
    line: Line, tmp_path: Path
) -> None:
    routers = Routers(line.world.env, tmp_path)
    try:
        async with load(line) as count:
            routers.router("old-0", 0, 2)
            routers.router("old-1", 1, 2)
            await routers.has_said("old-0", "slot-taken")
            await routers.has_said("old-1", "slot-taken")
            routers.router("new-2", 2, 3)  # partition 2, which old-0 has as well
            await routers.has_said("new-2", "slot-taken")
            await routers.has_said("old-0", "slot-narrowed")
            for name in ("old-0", "old-1"):
                await asyncio.to_thread(routers.kill, name, signal.SIGTERM)
                assert routers.said(name, "process-stopped") == 1
            routers.router("new-0", 0, 3)
            routers.router("new-1", 1, 3)
            await routers.has_said("new-1", "slot-taken")
            await routers.has_said("new-0", "slot-taken")

        async def told() -> int:
            return len(await line.told("child-policy"))

        await until(told, lambda seen: seen >= count[0], "everything to be told")
        await told_once(line, count[0])
    finally:
        routers.stop()
