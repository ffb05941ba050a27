"""A transaction sends what fills a request while the rest is made, one request at a time, and says when one failed."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, ProducerFenced

from hub.bus import Outgoing, Position, TransactionalWriter, sending
from hub.errors import Fenced, ProduceFailed
from tests.unit.hub.test_writing import Batch

pytestmark = pytest.mark.usefixtures("small")
ENDS = {0: Position(1, "{}")}


class Manager:
    """Of the partitions that were announced; nobody is fenced."""

    transactional_id = "t"

    def __init__(self) -> None:
        self.announced: set[int] = set()
        self.ended = asyncio.get_running_loop().create_future()

    def maybe_add_partition_to_txn(self, place: Any) -> None:
        self.announced.add(place.partition)

    def wait_for_transaction_end(self) -> asyncio.Future[None]:
        return self.ended


class Producer:
    """Says in order what was asked of it; acknowledges when the test says so."""

    def __init__(self) -> None:
        self._txn_manager = Manager()
        self._sender = self
        self.sender_task = asyncio.get_running_loop().create_future()
        self.said: list[str] = []
        self.sent: list[asyncio.Future[None]] = []

    def create_batch(self) -> Batch:
        return Batch()

    async def begin_transaction(self) -> None:
        self.said.append("begin")

    async def send_batch(self, _built: Batch, _topic: str, *, partition: int) -> asyncio.Future[None]:
        assert partition in self._txn_manager.announced
        self.said.append(f"{partition}")
        self.sent.append(asyncio.get_running_loop().create_future())
        return self.sent[-1]

    async def send_offsets_to_transaction(self, *_: Any) -> None:
        self.said.append("offsets")

    async def commit_transaction(self) -> None:
        self.said.append("commit")

    async def abort_transaction(self) -> None:
        self.said.append("abort")

    async def stop(self) -> None:
        self.said.append("stop")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of one record fills a request."""
    monkeypatch.setattr(sending, "_REQUEST_BYTES", 1)


def written() -> tuple[TransactionalWriter, Producer]:
    writer, producer = TransactionalWriter({}), Producer()
    writer._producer = producer
    return writer, producer


def of(part: int) -> dict[tuple[str, int], list[Outgoing]]:
    return {("t", part): [Outgoing(b"k", b"v", (), 1)]}


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_fills_a_request_goes_before_the_rest_is_there_and_one_at_a_time() -> None:
    writer, producer = written()
    async with writer.transaction("g", "changes") as begun:
        await begun.write(of(0))
        await begun.write(of(1))
        await turns()
        assert producer.said == ["begin", "0"]
        more = asyncio.ensure_future(begun.write(of(2)))
        await turns()
        assert producer.said == ["begin", "0"]
        producer.sent[0].set_result(None)
        await more
        await turns()
        assert producer.said == ["begin", "0", "1"]
        ending = asyncio.ensure_future(begun.commit(ENDS))
        for at in (1, 2):
            await turns()
            producer.sent[at].set_result(None)
        await ending
    assert producer.said == ["begin", "0", "1", "2", "offsets", "commit"]


async def told(writer: TransactionalWriter, producer: Producer, failed: Exception) -> None:
    """A transaction the first request of which fails while the rest is made."""
    async with writer.transaction("g", "changes") as begun:
        await begun.write(of(0) | of(1))
        await turns()
        producer.sent[0].set_exception(failed)
        await begun.commit(ENDS)


async def test_a_request_that_failed_while_the_rest_was_made_ends_the_transaction() -> None:
    writer, producer = written()
    with pytest.raises(ProduceFailed):
        await told(writer, producer, KafkaTimeoutError())
    assert producer.said == ["begin", "0", "abort", "stop"]


async def test_an_error_of_who_makes_the_rest_leaves_as_it_is_and_nothing_is_open() -> None:
    writer, producer = written()

    async def telling() -> None:
        async with writer.transaction("g", "changes") as begun:
            await begun.write(of(0) | of(1))
            await turns()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await telling()
    assert producer.said == ["begin", "0", "abort", "stop"]


async def test_a_writer_that_has_failed_once_refuses_and_is_no_surprise_to_who_goes_on() -> None:
    writer, _ = written()

    async def telling() -> None:
        async with writer.transaction("g", "changes"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await telling()
    with pytest.raises(ProduceFailed):
        await telling()


async def test_who_is_told_of_a_successor_by_the_abort_alone_is_fenced_all_the_same() -> None:
    writer, producer = written()

    async def fenced() -> None:
        producer._txn_manager.ended.set_exception(ProducerFenced())
        raise ProducerFenced

    producer.abort_transaction = fenced  # type: ignore[method-assign]

    with pytest.raises(Fenced):
        await told(writer, producer, ProducerFenced())
