"""The broker in bad weather, seen from the router: away for a while, cut off in mid-commit, a topic gone, a log cut."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import aiokafka.client
import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import TopicPartition

from hub import bus, topics
from hub.bus import Position
from hub.errors import JukiError, ProduceFailed
from hub.router import Router
from hub.wanted import wanted
from tests.faults.proxy import FINE, Door, Proxy, Way
from tests.house import KAFKA, House, script
from tests.integration.test_router_on_kafka import BOOK, Line, drained, gapless

pytestmark = pytest.mark.faults

PATIENCE = 4.0
"""Seconds for an acknowledgement, in place of 25; everything else is as it is."""


@pytest.fixture(autouse=True)
def less_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.bus.writing.ACKNOWLEDGED_WITHIN", PATIENCE)


async def failed_within(seconds: float, line: Line, router: Router) -> None:
    """The router fails as it may, in time."""
    begun = time.monotonic()
    with pytest.raises(ProduceFailed):
        await drained(router, 20)
    assert time.monotonic() - begun < seconds


async def told_once_after_all(line: Line, count: int = 20) -> None:
    """A new take-over tells what is left, and everything was told once."""
    async with line.slot() as router:
        while sum(last.get("child-policy", 0) for last in router.sequences.values()) < count:
            await router.once()
    await gapless(line, "child-policy", count)


def stops_when_it_has_read(router: Router, monkeypatch: pytest.MonkeyPatch, pid: int) -> None:
    poll = router.reader.poll

    async def and_stop(*given: Any) -> Any:
        found = await poll(*given)
        if found:
            os.kill(pid, signal.SIGSTOP)
        return found

    monkeypatch.setattr(router.reader, "poll", and_stop)


@pytest.fixture
def broker_pid(house: House) -> Iterator[int]:
    """The broker's process; it goes on after the test, whatever happens."""
    said = script(KAFKA, "status", "--data", str(house.kafka_data), "--secrets", str(house.secrets))
    pid = int(json.loads(said.stdout)["pid"])
    yield pid
    os.kill(pid, signal.SIGCONT)


@pytest.mark.trap("A2", "A3")
async def test_a_broker_that_is_away_for_a_while_makes_nobody_hang(
    line: Line, broker_pid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await line.publish(20)
    async with line.slot() as router:
        with monkeypatch.context() as patched:
            stops_when_it_has_read(router, patched, broker_pid)
            asyncio.get_running_loop().call_later(PATIENCE + 1, os.kill, broker_pid, signal.SIGCONT)
            await failed_within(PATIENCE + 6, line, router)
    await told_once_after_all(line)


class Cut:
    """A door before the broker for the connections of today; cut where a commit is asked for, one way or the other."""

    def __init__(self, line: Line, proxy: Proxy, there: Way, back: Way) -> None:
        self.line, self.proxy, self.bad = line, proxy, (there, back)
        self.weather = (FINE, FINE)
        self.direct = False
        self.seen: dict[int, Position] | None = None
        self.port = int(line.settings.kafka.rsplit(":", 1)[1])
        self.door: Door = proxy.door(lambda: self.port, lambda _source: self.weather)

    def becomes(self, there: Way, back: Way) -> None:
        self.weather = (there, back)
        self.proxy.changed()

    async def commits(self, producer: Any, commit: Any) -> None:
        """Commit through the cut; when patience has ended, look past it at what the broker has committed."""
        self.direct = True
        self.becomes(*self.bad)
        try:
            await commit(producer)
        finally:
            found = await bus.committed(self.line.settings, "router", topics.router_group(self.line.prefix))
            self.seen = {part: at for (_, part), at in found.items()}
            self.becomes(FINE, FINE)

    def install(self, patched: pytest.MonkeyPatch) -> None:
        connect, commit = aiokafka.client.create_conn, AIOKafkaProducer.commit_transaction

        async def through_the_door(host: str, port: int, **options: Any) -> Any:
            return await connect(host, port if self.direct else self.door.port, **options)

        patched.setattr(aiokafka.client, "create_conn", through_the_door)
        patched.setattr(AIOKafkaProducer, "commit_transaction", lambda producer: self.commits(producer, commit))


@pytest.mark.trap("A5", "A7")
@pytest.mark.parametrize("lost", ["the request", "the answer"])
async def test_a_commit_of_unknown_outcome_is_settled_by_what_is_committed(
    line: Line, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await line.publish(20)
    hole = Way(lost=True)
    with Proxy() as proxy, monkeypatch.context() as patched:
        cut = Cut(line, proxy, *((hole, FINE) if lost == "the request" else (FINE, hole)))
        cut.install(patched)
        async with line.slot() as router:
            await failed_within(PATIENCE + 16, line, router)
    assert bool(cut.seen) is (lost == "the answer")
    await told_once_after_all(line)


@pytest.mark.trap("A10")
async def test_a_topic_deleted_while_the_router_runs_is_no_hang_and_no_loss(line: Line) -> None:
    gone = topics.disclosures(line.prefix, "tax")
    async with line.slot() as router:
        await line.publish(20)
        for answer in line.admin.delete_topics([gone], operation_timeout=20).values():
            answer.result()
        await failed_within(PATIENCE + 16, line, router)
    assert await line.told("child-policy") == []
    line.world.house.broker().apply(wanted(BOOK, line.settings), line.prefix)
    await told_once_after_all(line)
    await gapless(line, "tax", 20)


@pytest.mark.threat("B8")
@pytest.mark.trap("A18")
async def test_a_topic_that_was_cut_under_a_stopped_router_is_refused(line: Line) -> None:
    await line.publish(20)
    changes = topics.changes(line.prefix)
    async with line.slot() as router:
        await drained(router, 20)
    await line.publish(20)
    ends = [TopicPartition(changes, part, -1) for part in line.parts]
    for answer in line.admin.delete_records(ends).values():
        answer.result()
    async with line.slot() as router:
        with pytest.raises(JukiError, match="fell-out-of-retention"):
            await drained(router, 1)
    await gapless(line, "child-policy", 20)
