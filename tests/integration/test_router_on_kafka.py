"""The router on a real broker: refused batches, zombies, lost sequences, missing topics and rights, poison."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from uuid import UUID

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, TopicPartition
from confluent_kafka.admin import (
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
)

from hub import acts, archive, bus, envelope, metrics, passing, topics
from hub.acts import End, Release
from hub.archive import Archiver
from hub.bench.sample import changes
from hub.broker_admin import connection
from hub.bus import Incoming, Outgoing, Writer
from hub.clock import now
from hub.database import Database, connect
from hub.errors import (
    DatabaseError,
    DependencyUnavailable,
    Fenced,
    JukiError,
    NotPermitted,
    ProduceFailed,
    TokenRefused,
)
from hub.keys import CHANGES, KeyStore
from hub.owners import Tenure
from hub.pseudonym import Pseudonyms
from hub.router import Router, slot
from hub.run import Between, check_sequences
from hub.seal import ContentKey, Place, Sheet, header, seal
from hub.wanted import reader_of
from hub.wrapping import wrapper
from tests.house import World, few

BOOK = few()
LOOKS = 100


class Line:
    """A world with its keys, from the relay's side and from the subscribers'."""

    def __init__(self, world: World, database: Database, writer: Writer) -> None:
        self.writer = writer
        self.world, self.settings, self.database = world, world.settings, database
        self.keys = KeyStore(database, wrapper(world.settings))
        self.parts = range(world.settings.partitions)
        self.admin = AdminClient(connection(self.settings.kafka, self.settings.secrets_dir, "admin"))

    @property
    def prefix(self) -> str:
        return self.settings.prefix

    async def publish(self, count: int) -> None:
        for resident, content in changes(count):
            await self.seal_and_put(resident, content)

    async def seal_and_put(self, resident: UUID, content: bytes) -> None:
        residents = Pseudonyms(await self.keys.pseudonym_key(CHANGES))
        key = await self.keys.content_key(CHANGES, now().date())
        part = resident.int % len(self.parts)
        own = residents.of([resident])[0]
        token = seal(key, Place(CHANGES, topics.changes(self.prefix), part), "", 0, [Sheet(0, "", content, own)])[0]
        await self.put(part, own, token)

    async def put(self, part: int, key: bytes | None, value: bytes | None) -> None:
        record = Outgoing(key, value, envelope.CHANGE, int(time.time() * 1000))
        await self.writer.send({(topics.changes(self.prefix), part): [record]})

    def tenure(self, *partitions: int) -> Tenure:
        """A process of its own, which is given these partitions, or all."""
        return Tenure(self.database, self.settings, partitions or self.parts)

    def slot(self, tenure: Tenure | None = None):
        return slot(self.settings, BOOK, self.keys, tenure or self.tenure(), now)

    async def told(self, contract: str) -> list[Incoming]:
        return await self.lying(reader_of(BOOK.contracts[contract]), topics.disclosures(self.prefix, contract))

    async def lying(self, principal: str, topic: str) -> list[Incoming]:
        """Everything on a topic. The broker shows a commit a moment after it is acknowledged, so that is waited for;
        a transaction that somebody left open is not."""
        parts = [TopicPartition(topic, part) for part in self.parts]
        for _ in range(LOOKS):
            if self._ends(parts, IsolationLevel.READ_COMMITTED) == self._ends(parts, IsolationLevel.READ_UNCOMMITTED):
                break
        async with bus.reader(self.settings, principal, topic, self.parts) as reader:
            return await reader.read_to_end()

    def _ends(self, parts: list[TopicPartition], level: IsolationLevel) -> list[int]:
        asked = self.admin.list_offsets({part: OffsetSpec.latest() for part in parts}, isolation_level=level)
        return [answer.result().offset for answer in asked.values()]

    def limit(self, topic: str, size: int) -> None:
        """The largest batch that the broker takes on one topic."""
        entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
        for answer in self.admin.incremental_alter_configs([resource]).values():
            answer.result()


@pytest.fixture
async def line(world: World) -> AsyncIterator[Line]:
    async with connect(world.settings.database) as database, bus.writer(world.settings, "relay") as writer:
        yield Line(world, database, writer)


async def drained(router: Router, count: int) -> None:
    done = 0
    while done < count:
        done += await router.once()


async def quarantined(line: Line) -> list[Incoming]:
    return await line.lying("router", topics.quarantine(line.prefix))


async def gapless(line: Line, contract: str, count: int) -> None:
    """`count` disclosures, and in each partition the sequence 1, 2, 3 …"""
    records = await line.told(contract)
    by_part = {part: [header(r.value)["seq"] for r in records if r.partition == part] for part in line.parts}
    assert {part: seqs for part, seqs in by_part.items() if seqs != [*range(1, len(seqs) + 1)]} == {}
    assert len(records) == count


@pytest.mark.trap("input-16", "A1")
async def test_a_refused_batch_aborts_the_whole_poll_and_the_next_attempt_tells_everything_once(line: Line) -> None:
    refusing = topics.disclosures(line.prefix, "prefecture")
    line.limit(refusing, 100)
    await line.publish(40)
    with pytest.raises(ProduceFailed):
        async with line.slot() as router:
            await drained(router, 1)
    assert {name: await line.told(name) for name in BOOK.contracts} == {name: [] for name in BOOK.contracts}
    line.limit(refusing, 1_048_588)
    async with line.slot() as router:
        await drained(router, 40)
    await gapless(line, "prefecture", 30)
    await gapless(line, "child-policy", 40)


@pytest.mark.trap("A2")
async def test_a_hundred_more_pass_after_a_refused_batch_without_a_restart_of_the_process(line: Line) -> None:
    refusing = topics.disclosures(line.prefix, "child-policy")
    line.limit(refusing, 100)
    await line.publish(10)
    with pytest.raises(ProduceFailed):
        async with line.slot() as router:
            await drained(router, 1)
    line.limit(refusing, 1_048_588)
    async with line.slot() as router:
        await drained(router, 10)
        await line.publish(100)
        await drained(router, 100)
    await gapless(line, "child-policy", 110)


@pytest.mark.trap("input-17", "A6")
async def test_a_successor_fences_its_predecessor_and_nothing_is_told_twice(line: Line) -> None:
    await line.publish(20)
    async with line.slot() as zombie:
        async with line.slot() as successor:
            await drained(successor, 20)
        with pytest.raises(Fenced):
            await drained(zombie, 20)
    await gapless(line, "child-policy", 20)


@pytest.mark.faults
@pytest.mark.trap("A5")
async def test_a_take_over_at_any_moment_neither_repeats_nor_leaves_out_a_sequence_number(line: Line) -> None:
    await line.publish(60)
    done = 0
    for _ in range(12):
        async with line.slot() as router:
            done += await router.once(timeout_ms=1000)
            await line.publish(5)
    async with line.slot() as router:
        await drained(router, 120 - done)
    await gapless(line, "child-policy", 120)


@pytest.mark.threat("B8")
@pytest.mark.trap("A8")
async def test_an_offset_that_was_reset_by_a_tool_is_refused(line: Line) -> None:
    await line.publish(8)
    async with line.slot() as router:
        await drained(router, 8)
    group, topic = topics.router_group(line.prefix), topics.changes(line.prefix)
    reset = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, part, 0) for part in line.parts])
    for answer in line.admin.alter_consumer_group_offsets([reset]).values():
        answer.result()
    with pytest.raises(JukiError, match="sequence-lost"):
        async with line.slot():
            pass


@pytest.mark.threat("B8")
@pytest.mark.trap("A8")
async def test_a_deleted_group_is_refused_as_soon_as_the_archive_knows_better(line: Line) -> None:
    await line.publish(8)
    async with line.slot() as router:
        await drained(router, 8)
    await archived(line)
    for answer in line.admin.delete_consumer_groups([topics.router_group(line.prefix)]).values():
        answer.result()
    async with line.slot() as router:
        with pytest.raises(JukiError, match="sequence-lost"):
            check_sequences(router.sequences, await archive.last_sequences(line.database))


@asynccontextmanager
async def archiver(line: Line) -> AsyncIterator[Archiver]:
    async with bus.reader(line.settings, "ledger", topics.ledger(line.prefix), line.parts) as reader:
        made = Archiver(line.database, reader, line.parts)
        await made.resume()
        yield made


async def archived(line: Line) -> None:
    """Everything that is in the ledger's topic is in the archive; two archivers at once do no harm."""
    count = len(await line.lying("ledger", topics.ledger(line.prefix)))
    async with archiver(line) as one, archiver(line) as other:
        while await line.database.fetchval("SELECT count(*) FROM hub.ledger") < count:
            await one.once()
            await other.once()


async def test_the_archive_refuses_to_be_changed(line: Line) -> None:
    for statement in ("UPDATE hub.ledger SET book = ''", "DELETE FROM hub.told", "TRUNCATE hub.ledger"):
        with pytest.raises(DatabaseError, match="sqlstate-0LP01"):
            await line.database.execute(statement)


@pytest.mark.trap("input-02", "P10")
async def test_an_id_that_comes_again_with_other_content_is_noticed(line: Line) -> None:
    before = metrics.REUSED_IDS._value.get()
    [(resident, content)] = changes(1)
    for body in (content, content.replace(b"2026-04-01", b"2026-04-03", 1)):
        await line.seal_and_put(resident, body)
    async with line.slot() as router:
        await drained(router, 2)
    await archived(line)
    assert metrics.REUSED_IDS._value.get() == before + 1


async def test_the_archive_holds_every_line_once_and_its_totals_are_those_of_the_topics(line: Line) -> None:
    await line.publish(24)
    async with line.slot() as router:
        await drained(router, 24)
    await archived(line)
    there = {name: len(await line.told(name)) for name in BOOK.contracts}
    assert await archive.totals(line.database) == {name: told for name, told in there.items() if told}
    assert len([told for told in there.values() if told]) > 4


@pytest.mark.trap("A9")
async def test_a_missing_right_is_a_clear_word_and_no_silence(line: Line) -> None:
    topic = topics.changes(line.prefix)
    gone = AclBindingFilter(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, "User:router", None,
                            AclOperation.ANY, AclPermissionType.ANY)  # fmt: skip
    for answer in line.admin.delete_acls([gone]).values():
        answer.result()
    with pytest.raises(NotPermitted) as refused:
        await bus.check_topics(line.settings, "router", [topic])
    assert refused.value.place == topic


@pytest.mark.trap("A10")
async def test_a_missing_topic_is_a_clear_word_and_no_hang(line: Line) -> None:
    topic = topics.disclosures(line.prefix, "prefecture")
    for answer in line.admin.delete_topics([topic], operation_timeout=20).values():
        answer.result()
    with pytest.raises((DependencyUnavailable, NotPermitted)):
        await bus.check_topics(line.settings, "router", [topic])


@pytest.mark.trap("A19")
async def test_another_partition_count_is_refused_at_the_start(line: Line) -> None:
    other = line.settings.model_copy(update={"partitions": 7})
    with pytest.raises(DependencyUnavailable, match="partition-count-differs"):
        await bus.check_topics(other, "router", [topics.changes(line.prefix)])


@pytest.mark.threat("B5")
@pytest.mark.trap("input-13", "D6")
async def test_a_record_without_a_key_stops_its_partition_alone(line: Line) -> None:
    await line.put(0, None, b"spoofed")
    await line.publish(40)
    expected = 40 - sum(1 for r in await inputs(line) if r.partition == 0 and r.key is not None)
    async with line.slot() as router:
        await drained(router, expected)
        assert router.stopped.keys() <= {0}
        while 0 not in router.stopped:
            await router.once()
    assert {record.partition for record in await line.told("child-policy")} <= {1, 2, 3}


@pytest.mark.trap("D6")
async def test_a_record_that_two_persons_let_pass_is_kept_and_its_partition_goes_on(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    await line.put(0, None, b"spoofed")
    await line.publish(20)
    act = Release(UUID(int=7), 0, 0, ())
    ended: list[End] = []

    async def due(_database: Database, topic: str, _partitions: object) -> list[Release]:
        return [act] if topic == topics.changes(line.prefix) and not ended else []

    async def end(_database: Database, _act: UUID, how: End, _now: datetime) -> None:
        ended.append(how)

    monkeypatch.setattr(acts, "due", due)
    monkeypatch.setattr(acts, "end", end)
    async with line.slot() as router:
        while not ended:
            await router.once()
            await Between(line.settings, line.database).once(router)
        while sum(last.get("child-policy", 0) for last in router.sequences.values()) < 20:
            await router.once()
    async with line.slot() as router:
        assert (ended, router.stopped, router.parked) == ([End("passed-over", 1)], {}, set())
        assert await passing.passed(line.settings, router, act) == End("passed-over", 1)  # had it not been said
    await gapless(line, "child-policy", 20)


@pytest.mark.trap("input-15")
async def test_a_contract_whose_key_is_gone_is_held_over_a_take_over_and_told_when_it_is_back(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    await line.publish(20)
    content_key = line.keys.content_key

    async def gone(owner: str, day: date) -> ContentKey:
        if owner == "tax":
            raise TokenRefused("unknown-kid")
        return await content_key(owner, day)

    with monkeypatch.context() as patched:
        patched.setattr(line.keys, "content_key", gone)
        async with line.slot() as router:
            await drained(router, 20)
    assert (await line.told("tax"), len(await line.told("child-policy"))) == ([], 20)
    async with line.slot() as router:
        assert {contract for held in router.held.values() for contract in held} == {"tax"}
        await Between(line.settings, line.database).once(router)
        assert not any(router.held.values())
    await gapless(line, "tax", 20)


async def inputs(line: Line) -> list[Incoming]:
    return await line.lying("router", topics.changes(line.prefix))


@pytest.mark.trap("D5")
async def test_a_parked_resident_stays_parked_over_a_take_over(line: Line) -> None:
    residents = Pseudonyms(await line.keys.pseudonym_key(CHANGES))
    [(resident, content)] = changes(1)
    part, key = resident.int % len(line.parts), residents.of([resident])[0]
    await line.put(part, key, b"not sealed")
    async with line.slot() as router:
        await drained(router, 1)
    await line.seal_and_put(resident, content)
    async with line.slot() as router:
        await drained(router, 1)
    assert await line.told("child-policy") == []
    found = [dict(letter.headers)["hub.errors.code"] for letter in await quarantined(line)]
    assert found == [b"not-a-token", b"waits-behind"]


@pytest.mark.trap("A17")
async def test_records_carry_the_time_of_writing_in_milliseconds(line: Line) -> None:
    await line.publish(1)
    async with line.slot() as router:
        await drained(router, 1)
    [record] = await line.told("child-policy")
    assert abs(record.timestamp_ms / 1000 - time.time()) < 60


@pytest.mark.threat("B5")
@pytest.mark.trap("input-13", "K6")
async def test_a_tombstone_with_a_valid_key_goes_to_quarantine_and_is_not_skipped(line: Line) -> None:
    residents = Pseudonyms(await line.keys.pseudonym_key(CHANGES))
    [(resident, _)] = changes(1)
    await line.put(resident.int % len(line.parts), residents.of([resident])[0], None)
    async with line.slot() as router:
        await drained(router, 1)
    [record] = await quarantined(line)
    assert (record.value, dict(record.headers)["hub.errors.code"]) == (None, b"not-a-token")
