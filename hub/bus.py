"""The one door to Kafka's data: readers that see committed records only, writers that know what was acknowledged.

A batch that the broker refuses does not fail a transaction by itself, so every future is gathered before anything
counts. After a failure a producer is of no more use (its sequence numbers are out of step): it is stopped, and a new
one takes its place. A successor with the same transactional id fences its predecessor; then Fenced is raised, and the
slot belongs to somebody else. An unauthorised consumer waits in silence, so topics are asked for by name at the start.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, OffsetOutOfRangeError, ProducerFenced
from aiokafka.structs import OffsetAndMetadata

from hub.config import Settings
from hub.errors import DependencyUnavailable, Fenced, JukiError, NotPermitted, ProduceFailed

ACKNOWLEDGED_WITHIN = 25.0
"""Seconds within which a batch or a transaction must be acknowledged; below the transaction's own timeout."""

_BATCH_BYTES = 262_144
_REQUEST_BYTES = 1_048_576
_TRANSACTION_MS = 30_000
_UNAUTHORISED = {29, 30, 31}
_REMEDY = "Start it with `jukihub up`, or point HUB_KAFKA at a broker that answers"

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to be written. `timestamp_ms`: milliseconds since 1970."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record that was read."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Position:
    """Where a group goes on reading, with the metadata that was committed beside it."""

    offset: int
    metadata: str


Batches = Mapping[tuple[str, int], Sequence[Outgoing]]


def connection(settings: Settings, principal: str) -> dict[str, Any]:
    """How `principal` reaches the broker: SASL_SSL with SCRAM-SHA-512, our CA, its own password."""
    folder = settings.secrets_dir
    try:
        password = (folder / f"{principal}.password").read_text(encoding="ascii").strip()
        trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    except OSError:
        remedy = f"`jukihub topics apply` makes the password of {principal}; HUB_SECRETS names the folder"
        raise DependencyUnavailable("no-credentials", principal, remedy) from None
    return {
        "bootstrap_servers": settings.kafka, "client_id": f"jukihub-{principal}", "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512", "sasl_plain_username": principal, "sasl_plain_password": password,
        "ssl_context": trust,
    }  # fmt: skip


class Reader:
    """Reads chosen partitions of one topic, committed records only, from positions that the caller keeps."""

    def __init__(self, consumer: Any, topic: str) -> None:
        self._consumer = consumer
        self._topic = topic

    async def seek(self, positions: Mapping[int, int | None]) -> None:
        """Read these partitions from these offsets on; None is the beginning, by name."""
        places = {TopicPartition(self._topic, part): offset for part, offset in positions.items()}
        missing = set(places) - self._consumer.assignment()
        if missing:
            self._consumer.assign([*places])
        for place, offset in places.items():
            if offset is None:
                await self._consumer.seek_to_beginning(place)
            else:
                self._consumer.seek(place, offset)

    async def poll(self, max_records: int = 2000, timeout_ms: int = 200) -> list[Incoming]:
        """What has come, ordered within each partition; empty after `timeout_ms`."""
        try:
            found = await self._consumer.getmany(timeout_ms=timeout_ms, max_records=max_records)
        except OffsetOutOfRangeError:
            raise JukiError("fell-out-of-retention", self._topic) from None
        return [
            Incoming(r.topic, r.partition, r.offset, r.key, r.value, tuple(r.headers), r.timestamp)
            for records in found.values()
            for r in records
        ]

    def pause(self, partition: int) -> None:
        """Read no more of this partition."""
        self._consumer.pause(TopicPartition(self._topic, partition))

    async def read_to_end(self) -> list[Incoming]:
        """Everything from here to what is now the end of every partition that is read."""
        ends = await self._consumer.end_offsets(self._consumer.assignment())
        found: list[Incoming] = []
        while await self._behind(ends):
            found += await self.poll(timeout_ms=100)
        return found

    async def _behind(self, ends: Mapping[Any, int]) -> bool:
        for place, end in ends.items():
            if await self._consumer.position(place) < end:
                return True
        return False


@asynccontextmanager
async def reader(settings: Settings, principal: str, topic: str, partitions: Sequence[int]) -> AsyncIterator[Reader]:
    """A Reader at the beginning of `partitions` of `topic`; leaves the broker on leaving the block."""
    consumer = AIOKafkaConsumer(
        **connection(settings, principal), group_id=None, isolation_level="read_committed", enable_auto_commit=False,
        auto_offset_reset="none", fetch_max_wait_ms=100, max_partition_fetch_bytes=1_048_576,
        request_timeout_ms=30_000,
    )  # fmt: skip
    await _started(consumer)
    try:
        opened = Reader(consumer, topic)
        await opened.seek(dict.fromkeys(partitions))
        yield opened
    finally:
        await consumer.stop()


class Writer:
    """Writes without transactions, idempotently: every record acknowledged by all replicas, or ProduceFailed."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._producer: Any = None

    async def send(self, batches: Batches) -> None:
        """Write the batches; after ProduceFailed any of them may be there, and the writer may be used again."""
        if self._producer is None:
            await self.start()
        try:
            await asyncio.wait_for(_gathered(self._producer, batches), ACKNOWLEDGED_WITHIN)
        except (KafkaError, TimeoutError):
            await self.stop()
            raise ProduceFailed("not-acknowledged") from None

    async def start(self) -> None:
        """Connect; DependencyUnavailable where no broker answers."""
        producer = AIOKafkaProducer(**self._options)
        await _started(producer)
        self._producer = producer

    async def stop(self) -> None:
        """Leave the broker; batches still in flight are given up."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stopped(producer)


class TransactionalWriter(Writer):
    """Writes batches and the offsets of what they were made from in one transaction, or not at all."""

    async def commit(self, batches: Batches, group: str, topic: str, positions: Mapping[int, Position]) -> None:
        """One transaction: all batches, then `positions` of `topic` for `group`.

        After ProduceFailed nothing of it is visible, or its outcome is unknown: start a new writer with the same id,
        which settles that, and read the committed positions. After Fenced the slot is somebody else's.
        """
        try:
            await asyncio.wait_for(self._transaction(batches, group, topic, positions), ACKNOWLEDGED_WITHIN)
        except ProducerFenced:
            await self.stop()
            raise Fenced("fenced") from None
        except (KafkaError, TimeoutError, AssertionError):
            await self._abort()
            raise ProduceFailed("not-committed") from None

    async def _transaction(
        self, batches: Batches, group: str, topic: str, positions: Mapping[int, Position]
    ) -> None:
        await self._producer.begin_transaction()
        await _gathered(self._producer, batches)
        offsets = {TopicPartition(topic, part): OffsetAndMetadata(at.offset, at.metadata) for part, at in positions.items()}
        await self._producer.send_offsets_to_transaction(offsets, group)
        await self._producer.commit_transaction()

    async def _abort(self) -> None:
        try:
            await asyncio.wait_for(self._producer.abort_transaction(), 5)
        except (KafkaError, TimeoutError, AssertionError):
            pass  # the successor fences us, which aborts what is open
        await self.stop()


@asynccontextmanager
async def writer(settings: Settings, principal: str) -> AsyncIterator[Writer]:
    """A Writer that leaves the broker on leaving the block."""
    options = _producing(settings, principal) | {"max_batch_size": _REQUEST_BYTES, "enable_idempotence": True}
    async with _open(Writer(options)) as opened:
        yield opened


@asynccontextmanager
async def transactional_writer(
    settings: Settings, principal: str, transactional_id: str
) -> AsyncIterator[TransactionalWriter]:
    """A TransactionalWriter; its start fences every other one with this id and waits for their open transaction."""
    options = _producing(settings, principal) | {
        "transactional_id": transactional_id, "max_batch_size": _BATCH_BYTES, "transaction_timeout_ms": _TRANSACTION_MS,
    }  # fmt: skip
    async with _open(TransactionalWriter(options)) as opened:
        yield opened


@asynccontextmanager
async def _open(opened: Any) -> AsyncIterator[Any]:
    await opened.start()
    try:
        yield opened
    finally:
        await opened.stop()


async def check_topics(settings: Settings, principal: str, topics: Sequence[str]) -> None:
    """Ask for every topic by name; an error or another partition count ends the process with a clear word."""
    async with _admin(settings, principal) as admin:
        for found in await admin.describe_topics(list(topics)):
            _check_topic(found, settings.partitions)


def _check_topic(found: Mapping[str, Any], partitions: int) -> None:
    name = found["topic"]
    if found["error_code"] in _UNAUTHORISED:
        raise NotPermitted("topic-not-permitted", name)
    if found["error_code"]:
        raise DependencyUnavailable("topic-missing", name, "`jukihub topics plan` shows what to do")
    if len(found["partitions"]) != partitions:
        raise DependencyUnavailable("partition-count-differs", name, "HUB_PARTITIONS must be the topic's own")


async def committed(settings: Settings, principal: str, group: str) -> dict[tuple[str, int], Position]:
    """What `group` has committed, by (topic, partition), with metadata: the consumer's own call drops it."""
    async with _admin(settings, principal) as admin:
        found = await admin.list_consumer_group_offsets(group)
    return {
        (place.topic, place.partition): Position(at.offset, at.metadata or "")
        for place, at in found.items()
        if at.offset >= 0
    }


@asynccontextmanager
async def _admin(settings: Settings, principal: str) -> AsyncIterator[Any]:
    admin = AIOKafkaAdminClient(**connection(settings, principal), request_timeout_ms=15_000)
    try:
        await admin.start()
        yield admin
    except (KafkaError, OSError) as failed:
        raise _unavailable(failed) from None
    finally:
        await admin.close()


def _producing(settings: Settings, principal: str) -> dict[str, Any]:
    return connection(settings, principal) | {
        "acks": "all", "linger_ms": 0, "max_request_size": _REQUEST_BYTES, "request_timeout_ms": 30_000,
    }  # fmt: skip


async def _gathered(producer: Any, batches: Batches) -> None:
    futures = [
        await producer.send_batch(built, topic, partition=part)
        for (topic, part), records in batches.items()
        for built in _built(producer, records)
    ]
    outcomes = await asyncio.gather(*futures, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


def _built(producer: Any, records: Sequence[Outgoing]) -> list[Any]:
    batches = [producer.create_batch()]
    for record in records:
        if not _appended(batches[-1], record):
            batches.append(producer.create_batch())
            _appended(batches[-1], record)
    for batch in batches:
        batch.close()
    return batches


def _appended(batch: Any, record: Outgoing) -> bool:
    placed = batch.append(
        key=record.key, value=record.value, timestamp=record.timestamp_ms, headers=list(record.headers)
    )
    return placed is not None


async def _started(client: Any) -> None:
    try:
        await asyncio.wait_for(client.start(), 30)
    except (KafkaError, OSError, TimeoutError) as failed:
        await _stopped(client)
        raise _unavailable(failed) from None


async def _stopped(client: Any) -> None:
    try:
        await asyncio.wait_for(client.stop(), 10)
    except (KafkaError, TimeoutError):
        await _torn_down(client)  # the broker is gone; what was in flight is not acknowledged, and counts as such


async def _torn_down(client: Any) -> None:
    sender = getattr(client, "_sender", None)
    if sender is not None and sender.sender_task is not None:
        sender.sender_task.cancel()
        await asyncio.wait([sender.sender_task])
    inner = getattr(client, "client", None)
    if inner is not None:
        await inner.close()


def _unavailable(failed: BaseException) -> JukiError:
    if "uthori" in type(failed).__name__ or "uthenti" in type(failed).__name__:
        return NotPermitted("broker-refuses", type(failed).__name__)
    return DependencyUnavailable("broker-unavailable", "Kafka", _REMEDY)
