"""Writing: every record acknowledged, or an error; with transactions, everything visible at once, or nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import IllegalOperation, KafkaError, ProducerFenced
from aiokafka.structs import OffsetAndMetadata

from hub.bus.client import REQUEST_MS, connection, started, stopped
from hub.bus.encoded import Encoded
from hub.bus.records import BATCH_BYTES, Batches, Outgoing, Position
from hub.bus.request import encode_once
from hub.config import Settings
from hub.errors import Fenced, ProduceFailed

ACKNOWLEDGED_WITHIN = 25.0
"""Seconds within which a batch or a transaction must be acknowledged; below the transaction's own timeout."""

_FAILURES = (KafkaError, IllegalOperation, TimeoutError, AssertionError)
"""What the library raises when a producer is of no more use; not all of it is a KafkaError."""

_REQUEST_BYTES = 3 * BATCH_BYTES
"""Of the batches that go out together. The broker's cost is by request, by partition of it and by batch; ours is by
byte: a request is copied several times on its way. Below this the broker works a quarter more, above it we do; that was
measured when each was copied ten times (request.py)."""

_TRANSACTION_MS = 30_000

_Sent = tuple[str, int, Any]
"""Topic, partition and a batch of its records."""

encode_once()


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
            async with asyncio.timeout(ACKNOWLEDGED_WITHIN):
                await _gathered(self._producer, batches)
        except _FAILURES:
            await self.stop()
            raise ProduceFailed("not-acknowledged") from None

    async def start(self) -> None:
        """Connect; DependencyUnavailable where no broker answers."""
        producer = AIOKafkaProducer(**self._options)
        await started(producer, self._options)
        self._producer = producer

    async def stop(self) -> None:
        """Leave the broker; batches still in flight are given up."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await stopped(producer)


class TransactionalWriter(Writer):
    """Writes batches and the offsets of what they were made from in one transaction, or not at all."""

    async def commit(self, batches: Batches, group: str, topic: str, positions: Mapping[int, Position]) -> None:
        """One transaction: all batches, then `positions` of `topic` for `group`.

        After ProduceFailed nothing of it is visible, or its outcome is unknown: start a new writer with the same id,
        which settles that, and read the committed positions. After Fenced the slot is somebody else's.
        """
        try:
            async with asyncio.timeout(ACKNOWLEDGED_WITHIN):
                await self._transaction(batches, group, topic, positions)
        except asyncio.CancelledError:  # told to end: what is open is aborted, so that nobody waits for its time-out
            await self._abort()
            raise
        except _FAILURES:
            if _fenced(self._producer):
                await self.stop()
                raise Fenced("fenced") from None
            await self._abort()
            raise ProduceFailed("not-committed") from None

    async def _transaction(
        self, batches: Batches, group: str, topic: str, positions: Mapping[int, Position]
    ) -> None:
        await self._producer.begin_transaction()
        _announce(self._producer, batches)
        offsets = {
            TopicPartition(topic, part): OffsetAndMetadata(at.offset, at.metadata) for part, at in positions.items()
        }
        # beside each other: neither is seen before the end, and the coordinator of the group need not wait for records
        await asyncio.gather(
            _gathered(self._producer, batches), self._producer.send_offsets_to_transaction(offsets, group)
        )
        await self._producer.commit_transaction()

    async def _abort(self) -> None:
        with suppress(*_FAILURES):  # the successor fences us, which aborts what is open
            async with asyncio.timeout(5):
                await self._producer.abort_transaction()
        await self.stop()


@asynccontextmanager
async def writer(settings: Settings, principal: str) -> AsyncIterator[Writer]:
    """A Writer that leaves the broker on leaving the block."""
    options = _producing(settings, principal) | {"enable_idempotence": True}
    async with _open(Writer(options)) as opened:
        yield opened


@asynccontextmanager
async def transactional_writer(
    settings: Settings, principal: str, transactional_id: str
) -> AsyncIterator[TransactionalWriter]:
    """A TransactionalWriter; its start fences every other one with this id and waits for their open transaction."""
    options = _producing(settings, principal) | {
        "transactional_id": transactional_id, "transaction_timeout_ms": _TRANSACTION_MS,
    }  # fmt: skip
    async with _open(TransactionalWriter(options)) as opened:
        yield opened


async def fence(settings: Settings, principal: str, transactional_ids: Iterable[str]) -> None:
    """No transaction that was begun under one of these ids can commit after this; what was open is settled."""
    outcomes = await asyncio.gather(
        *(_fence(settings, principal, each) for each in transactional_ids), return_exceptions=True
    )
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


async def _fence(settings: Settings, principal: str, transactional_id: str) -> None:
    async with transactional_writer(settings, principal, transactional_id):
        pass


@asynccontextmanager
async def _open(opened: Any) -> AsyncIterator[Any]:
    await opened.start()
    try:
        yield opened
    finally:
        await opened.stop()


def _producing(settings: Settings, principal: str) -> dict[str, Any]:
    return connection(settings, principal) | {
        "acks": "all", "linger_ms": 0, "max_batch_size": BATCH_BYTES, "max_request_size": BATCH_BYTES,
        "request_timeout_ms": REQUEST_MS,
    }  # fmt: skip


def _fenced(producer: Any) -> bool:
    """Whether a successor has taken over. The error that shows it differs with the moment; the sender knows."""
    ended = producer._txn_manager.wait_for_transaction_end()  # noqa: SLF001 - nothing public says it
    task = producer._sender.sender_task  # noqa: SLF001 - as above
    causes = [future.exception() for future in (ended, task) if future.done() and not future.cancelled()]
    return any(isinstance(cause, ProducerFenced) for cause in causes)


def _announce(producer: Any, places: Iterable[tuple[str, int]]) -> None:
    """Name all partitions of the transaction at once: the library would ask the coordinator for each anew."""
    for topic, part in places:
        producer._txn_manager.maybe_add_partition_to_txn(TopicPartition(topic, part))  # noqa: SLF001 - nothing public


async def _gathered(producer: Any, batches: Batches) -> None:
    """Request after request; each is made when its turn comes, so that little lies in memory twice."""
    for sent in _requests(producer, batches):
        await _acknowledged(producer, sent)


def _requests(producer: Any, batches: Batches) -> Iterator[list[_Sent]]:
    together: list[_Sent] = []
    size = 0
    for (topic, part), records in batches.items():
        for built in _batches(producer, records):
            if together and size + built.size() > _REQUEST_BYTES:
                yield together
                together, size = [], 0
            together.append((topic, part, built))
            size += built.size()
    yield together


async def _acknowledged(producer: Any, sent: Iterable[_Sent]) -> None:
    futures: list[Any] = []
    try:
        for topic, part, built in sent:
            futures.append(await producer.send_batch(built, topic, partition=part))
    except BaseException:  # what was sent before may never have an outcome; if it has one, nobody need be warned of it
        for future in futures:
            future.add_done_callback(_looked_at)
        raise
    for outcome in await asyncio.gather(*futures, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


def _looked_at(future: Any) -> None:
    if not future.cancelled():
        future.exception()


def _batches(producer: Any, records: Sequence[Outgoing]) -> Iterable[Any]:
    if isinstance(records, Encoded):
        return records.builders(transactional=_is_transactional(producer))
    return _built(producer, records)


def _is_transactional(producer: Any) -> bool:
    return producer._txn_manager is not None and producer._txn_manager.transactional_id is not None  # noqa: SLF001


def _built(producer: Any, records: Sequence[Outgoing]) -> list[Any]:
    batches = [producer.create_batch()]
    for key, value, headers, at in records:
        listed = [*headers]
        if batches[-1].append(key=key, value=value, timestamp=at, headers=listed) is None:
            batches.append(producer.create_batch())
            batches[-1].append(key=key, value=value, timestamp=at, headers=listed)
    for batch in batches:
        batch.close()
    return batches
