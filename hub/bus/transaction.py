"""Transactions: what was made of some records, and where to go on behind them, becomes visible at once, or not at all.

What is written goes as soon as it fills a request, so that the broker works beside whoever makes the rest, and little
lies in memory twice. Everything goes one after the other, also where it need not: the broker asks its own coordinator
for each request whether it belongs to the transaction, and where two ask at once it refuses one of them, which the
library sends again a tenth of a second later.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import ProducerFenced
from aiokafka.structs import OffsetAndMetadata

from hub.bus.records import Batches, Position
from hub.bus.sending import FAILURES, Sent, acknowledged, batched, filling, looked_at
from hub.bus.writing import Writer, in_time, opened, producing
from hub.config import Settings
from hub.errors import Fenced, ProduceFailed

_TRANSACTION_MS = 30_000


class TransactionalWriter(Writer):
    """Writes batches and the offsets of what they were made from in one transaction, or not at all."""

    @asynccontextmanager
    async def transaction(self, group: str, topic: str) -> AsyncIterator["Transaction"]:
        """A transaction that is committed within the block, with positions of `topic` for `group`; whatever leaves the
        block before that aborts it.

        After ProduceFailed nothing of it is visible, or its outcome is unknown: start a new writer with the same id,
        which settles that, and read the committed positions. After Fenced the slot is somebody else's.
        """
        if self._producer is None:  # an earlier one failed, and whoever saw it went on
            raise ProduceFailed("not-committed")
        begun = Transaction(self._producer, group, topic)
        try:
            async with in_time():
                await begun.begin()
                yield begun
        except (ProduceFailed, TimeoutError):
            raise (Fenced("fenced") if await self._abort(begun) else ProduceFailed("not-committed")) from None
        except BaseException:  # also told to end: what is open is aborted, so that nobody waits for its time-out
            await self._abort(begun)
            raise

    async def commit(self, batches: Batches, group: str, topic: str, positions: Mapping[int, Position]) -> None:
        """A transaction of which everything is there already."""
        async with self.transaction(group, topic) as begun:
            await begun.write(batches)
            await begun.commit(positions)

    async def _abort(self, begun: "Transaction") -> bool:
        """Leave nothing open; whether a successor has taken over, which may show in the answer to the abort alone."""
        producer = self._producer
        await begun.give_up()
        if not _fenced(producer):  # else the successor has aborted what was open
            with suppress(*FAILURES):
                async with asyncio.timeout(5):
                    await producer.abort_transaction()
        await self.stop()
        return _fenced(producer)


class Transaction:
    """One that is open. One request of it is on its way at a time; ProduceFailed where the broker does not take it."""

    def __init__(self, producer: Any, group: str, topic: str) -> None:
        self._producer = producer
        self._group = group
        self._topic = topic
        self._waiting: list[Sent] = []
        self._request: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """The broker hears of it with the first request."""
        with _taken():
            await self._producer.begin_transaction()

    async def write(self, batches: Batches) -> None:
        """Take these; send what fills a request."""
        with _taken():
            self._waiting += batched(self._producer, batches)
            while (count := filling(self._waiting)) < len(self._waiting):
                await self._send(count)

    async def commit(self, positions: Mapping[int, Position]) -> None:
        """Send what is left, then `positions`, and make everything visible."""
        offsets = {
            TopicPartition(self._topic, part): OffsetAndMetadata(at.offset, at.metadata)
            for part, at in positions.items()
        }
        with _taken():
            while self._waiting:
                await self._send(filling(self._waiting))
            await self._gone()
            await self._producer.send_offsets_to_transaction(offsets, self._group)
            await self._producer.commit_transaction()

    async def give_up(self) -> None:
        """Wait no more for what is on its way."""
        if self._request is not None:
            self._request.cancel()
            await asyncio.wait([self._request])
            looked_at(self._request)

    async def _send(self, count: int) -> None:
        await self._gone()
        _announce(self._producer, self._waiting)
        together, self._waiting = self._waiting[:count], self._waiting[count:]
        self._request = asyncio.create_task(acknowledged(self._producer, together))

    async def _gone(self) -> None:
        if self._request is not None:
            await self._request
            self._request = None


@contextmanager
def _taken() -> Iterator[None]:
    try:
        yield
    except FAILURES:
        raise ProduceFailed("not-committed") from None


@asynccontextmanager
async def transactional_writer(
    settings: Settings, principal: str, transactional_id: str
) -> AsyncIterator[TransactionalWriter]:
    """A TransactionalWriter; its start fences every other one with this id and waits for their open transaction."""
    options = producing(settings, principal) | {
        "transactional_id": transactional_id, "transaction_timeout_ms": _TRANSACTION_MS,
    }  # fmt: skip
    async with opened(TransactionalWriter(options)) as writing:
        yield writing


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


def _fenced(producer: Any) -> bool:
    """Whether a successor has taken over. The error that shows it differs with the moment; the sender knows."""
    ended = producer._txn_manager.wait_for_transaction_end()  # noqa: SLF001 - nothing public says it
    task = producer._sender.sender_task  # noqa: SLF001 - as above
    causes = [future.exception() for future in (ended, task) if future and future.done() and not future.cancelled()]
    return any(isinstance(cause, ProducerFenced) for cause in causes)


def _announce(producer: Any, sent: Iterable[Sent]) -> None:
    """Name all partitions at once: the library would ask the coordinator for each anew."""
    for topic, part, _ in sent:
        producer._txn_manager.maybe_add_partition_to_txn(TopicPartition(topic, part))  # noqa: SLF001 - nothing public
