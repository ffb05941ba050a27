"""Three real nodes: what was acknowledged is there whoever dies, and what cannot be kept twice is not acknowledged."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from contracts import book
from hub import bus, topics
from hub.broker_admin import Broker, connection, kafka
from hub.bus import Outgoing, Writer, transaction, writing
from hub.config import Settings, read
from hub.errors import DependencyUnavailable, ProduceFailed
from hub.wanted import State, wanted
from tests.faults.chaos.disk import Disk, small_disk
from tests.faults.cluster import Cluster, cluster, waited
from tests.house import INFRA

T = TypeVar("T")
PARTITION = 0
NARROW, NARROW_MB = 3, 400
"""The node whose disk is small, and how small."""
pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]  # a quiet machine needs a minute for the file


@dataclass(frozen=True, slots=True)
class Three:
    """The nodes, the hub's settings for them, and what its topics are to be."""

    nodes: Cluster
    settings: Settings
    want: State
    narrow: Disk

    @property
    def topic(self) -> str:
        return topics.changes(self.settings.prefix)

    def leader(self) -> int:
        """Who leads the partition that the tests write to."""
        waited(lambda: self.nodes.leader_of(self.topic, PARTITION) is not None, "a leader", 60)
        leader = self.nodes.leader_of(self.topic, PARTITION)
        assert leader is not None
        return leader

    def leader_other_than(self, node: int) -> None:
        """Until another node leads that partition."""
        waited(lambda: self.nodes.leader_of(self.topic, PARTITION) not in {node, None}, "another leader", 60)


@pytest.fixture(scope="module")
def applied() -> Iterator[Three]:
    """Three nodes with the topics, principals and rights of the Book."""
    folder = Path(tempfile.mkdtemp(prefix="juki-cluster-"))
    try:
        narrow = folder / "cluster" / f"node-{NARROW}"
        with small_disk(narrow, NARROW_MB) as disk, cluster(folder, proxied=True) as nodes:
            settings = read({
                "HUB_KAFKA": nodes.bootstrap, "HUB_SECRETS": str(nodes.secrets), "HUB_DATA": str(folder / "data"),
                "HUB_REPLICATION": "3", "HUB_PARTITIONS": "1",
            })  # fmt: skip
            want = wanted(book.load(), settings)
            Broker(nodes.bootstrap, nodes.secrets).apply(want, settings.prefix)
            yield Three(nodes, settings, want, disk)
    finally:
        shutil.rmtree(folder)


@pytest.fixture
async def three(applied: Three) -> AsyncIterator[Three]:
    """The same, in step before the test and mended after it, while the test's clients can still say goodbye."""
    applied.nodes.wait_healthy(120)
    yield applied
    await asyncio.to_thread(applied.nodes.heal_all)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that gives up after 5 s instead of 25, and a request after 5 instead of 30: the promise is the same."""
    made = writing.producing
    monkeypatch.setattr(writing, "ACKNOWLEDGED_WITHIN", 5.0)
    for module in (writing, transaction):
        monkeypatch.setattr(module, "producing", lambda *given: made(*given) | {"request_timeout_ms": 5000})


async def write(writer: Writer, three: Three, value: bytes) -> None:
    await writer.send({(three.topic, PARTITION): [Outgoing(b"key", value, (), int(time.time() * 1000))]})


async def at_last(work: Callable[[], Awaitable[T]]) -> T:
    """As the hub's processes do: again, with a new client, until it succeeds."""
    while True:
        try:
            return await work()
        except (ProduceFailed, DependencyUnavailable):
            await asyncio.sleep(0.2)


async def write_at_last(three: Three, value: bytes) -> None:
    async def once() -> None:
        async with bus.writer(three.settings, "relay") as writer:
            await write(writer, three, value)

    await at_last(once)


async def there(three: Three) -> list[bytes]:
    """All records of the partition that a reader is given."""

    async def once() -> list[bytes]:
        async with bus.reader(three.settings, "router", three.topic, [PARTITION]) as reader:
            return [record.value for record in await reader.read_to_end()]

    return await at_last(once)


def test_every_topic_has_three_copies_and_two_must_be_written(three: Three) -> None:
    have = Broker(three.nodes.bootstrap, three.nodes.secrets).state(three.want.topics).topics
    found = {(have[name].replication, have[name].config["min.insync.replicas"]) for name in three.want.topics}
    assert found == {(3, "2")}


def test_the_nodes_settings_equal_the_file(three: Three) -> None:
    lines = (INFRA / "kafka" / "cluster.properties.template").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if line and line[0] != "#")
    plain = {name: value for name, value in pairs if "$" not in value}
    there = Broker(three.nodes.bootstrap, three.nodes.secrets).broker_settings()
    assert {name: there.get(name) for name in plain} == plain


@pytest.mark.trap("input-18")
async def test_what_was_acknowledged_is_there_after_its_leader_was_killed(three: Three) -> None:
    await write_at_last(three, b"before the kill")
    dead = three.leader()
    three.nodes.kill(dead)
    three.leader_other_than(dead)
    await write_at_last(three, b"after the kill")
    found = await there(three)
    assert found.index(b"before the kill") < found.index(b"after the kill")


@pytest.mark.trap("input-18")
@pytest.mark.usefixtures("impatient")
async def test_with_two_of_three_killed_writes_wait_and_go_through_when_one_returns(three: Three) -> None:
    others = [node for node in three.nodes.nodes if node != three.leader()]
    async with bus.writer(three.settings, "relay") as writer:
        for node in others:
            three.nodes.kill(node)
        with pytest.raises(ProduceFailed):
            await write(writer, three, b"alone")
    waiting = asyncio.create_task(write_at_last(three, b"waits for a second copy"))
    starting = asyncio.create_task(asyncio.to_thread(three.nodes.start, others[0], wait=False))
    await starting
    assert not waiting.done()
    await waiting
    assert b"waits for a second copy" in await there(three)


@pytest.mark.trap("input-18")
async def test_a_frozen_controller_is_replaced_and_everything_goes_on(three: Three) -> None:
    frozen = three.nodes.controller()
    assert frozen is not None
    three.nodes.freeze(frozen)
    waited(lambda: three.nodes.controller() not in {frozen, None}, "another controller", 60)
    await write_at_last(three, b"under another controller")
    admin = kafka.AdminClient(connection(three.nodes.bootstrap, three.nodes.secrets, "admin"))
    made = admin.create_topics([kafka.NewTopic("made-by-another-controller", 1, 2)], request_timeout=60)
    await asyncio.to_thread(made["made-by-another-controller"].result, 60)
    assert b"under another controller" in await there(three)


@pytest.mark.trap("input-19")
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("towards_broker", "arrives"), [(True, False), (False, True)], ids=["requests", "answers"])
async def test_a_one_way_cut_from_the_leader_ends_in_an_error_and_not_in_silence(
    three: Three, towards_broker: bool, arrives: bool
) -> None:
    value = f"cut, {towards_broker}".encode()
    leader = three.leader()
    async with bus.writer(three.settings, "relay") as writer:
        await at_last(lambda: write(writer, three, b"over the connection that will be cut"))
        three.nodes.cut(leader, towards_broker, not towards_broker, among="clients")
        with pytest.raises(ProduceFailed):
            await write(writer, three, value)
    three.nodes.heal(leader)
    await write_at_last(three, b"healed")
    assert (value in await there(three)) is arrives


@pytest.mark.trap("input-18", "input-19")
async def test_a_node_that_nobody_hears_loses_its_partitions_and_comes_back(three: Three) -> None:
    cut = three.leader()
    three.nodes.cut(cut)
    three.leader_other_than(cut)
    await write_at_last(three, b"without the third")
    three.nodes.heal(cut)
    three.nodes.wait_healthy(60)
    assert b"without the third" in await there(three)


def flip(file: Path, value: bytes) -> None:
    """One bit of `value` as it lies in the log becomes another one."""
    content = bytearray(file.read_bytes())
    content[content.index(value)] ^= 1
    file.write_bytes(content)


def cut_off(file: Path, value: bytes) -> None:
    """The log ends in the middle of `value`."""
    content = file.read_bytes()
    file.write_bytes(content[: content.index(value) + len(value) // 2])


@pytest.mark.trap("input-21")
@pytest.mark.parametrize("broken", [flip, cut_off], ids=["a bit flips", "a segment is cut"])
async def test_a_log_that_broke_under_a_dead_node_is_made_whole_from_the_others(
    three: Three, broken: Callable[[Path, bytes], None]
) -> None:
    value = f"to be broken: {broken.__name__}".encode()
    await write_at_last(three, value)
    leader = three.leader()
    dead = next(node for node in three.nodes.nodes if node != leader)
    own, others = (three.nodes.segment(node, three.topic, PARTITION) for node in (dead, leader))
    waited(lambda: value in own.read_bytes(), "the third copy")
    three.nodes.kill(dead)
    broken(own, value)
    assert value not in own.read_bytes()
    await asyncio.to_thread(three.nodes.start, dead)
    await asyncio.to_thread(three.nodes.wait_healthy, 60)
    assert own.read_bytes() == others.read_bytes()


@pytest.mark.trap("input-21")
async def test_while_the_disk_of_one_node_is_full_writing_goes_on_and_nothing_acknowledged_is_lost(
    three: Three,
) -> None:
    if three.narrow.refused:
        pytest.skip(three.narrow.refused)  # only root may mount a disk as small as that; the skip says so
    await asyncio.to_thread(three.narrow.fill)
    try:
        for number in range(5):
            await write_at_last(three, f"while a disk is full: {number}".encode())
    finally:
        three.narrow.free()
    three.nodes.kill(NARROW)
    await asyncio.to_thread(three.nodes.start, NARROW)
    await asyncio.to_thread(three.nodes.wait_healthy, 60)
    found = dict.fromkeys(value for value in await there(three) if value.startswith(b"while"))  # some perhaps twice
    assert [*found] == [f"while a disk is full: {number}".encode() for number in range(5)]
