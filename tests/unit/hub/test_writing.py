"""Batches go out in order, in requests of a bounded size; one that is given up waits for nothing.

What was sent before it may never have an outcome.
"""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError

from hub.bus import Outgoing, writing
from hub.errors import ProduceFailed

BATCHES = {("t", part): [Outgoing(b"k", b"v", (), 1)] for part in range(2)}


class Batch:
    """Holds two records."""

    def __init__(self) -> None:
        self.keys: list[bytes] = []

    def append(self, *, key: bytes, **_: Any) -> object | None:
        if len(self.keys) == 2:
            return None
        self.keys.append(key)
        return object()

    def close(self) -> None:
        pass

    def size(self) -> int:
        return 1_200_000 * len(self.keys)


class Producer:
    """The broker has the first batch and never says so; the second is not even taken: it waits, or is refused."""

    def __init__(self, refusing: bool) -> None:
        self.sent: list[asyncio.Future[Any]] = []
        self.left = False
        self._refusing = refusing

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, *_: Any, partition: int) -> Any:
        if self.sent and self._refusing:
            raise KafkaTimeoutError
        if self.sent:
            await asyncio.Event().wait()
        self.sent.append(asyncio.get_running_loop().create_future())
        return self.sent[-1]

    async def stop(self) -> None:
        self.left = True


@pytest.mark.trap("A3")
@pytest.mark.parametrize("refusing", [False, True], ids=["waits", "is refused"])
async def test_a_batch_that_is_given_up_waits_for_none_that_never_has_an_outcome(
    refusing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "ACKNOWLEDGED_WITHIN", 0.05)
    writer = writing.Writer({})
    writer._producer = producer = Producer(refusing)
    async with asyncio.timeout(5):
        with pytest.raises(ProduceFailed):
            await writer.send(BATCHES)
    assert producer.left
    producer.sent[0].set_exception(KafkaTimeoutError())  # too late, and nobody need be warned of it


async def test_whoever_waits_is_cancelled_and_what_they_gave_up_goes_no_more() -> None:
    writer = writing.Writer({})
    writer._producer = producer = Producer(refusing=False)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await writer.send(BATCHES)
    assert (producer.left, writer._producer) == (True, None)
    producer.sent[0].set_exception(KafkaTimeoutError())


class Broker(Producer):
    """Has everything at once; notes what lay with it unanswered while more was sent."""

    def __init__(self) -> None:
        super().__init__(refusing=False)
        self.requests: list[dict[int, list[bytes]]] = [{}]

    async def send_batch(self, built: Batch, *_: Any, partition: int) -> Any:
        if all(future.done() for future in self.sent):
            self.requests.append({})
        self.requests[-1].setdefault(partition, []).extend(built.keys)
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_result, None)
        self.sent.append(future)
        return future


async def test_what_goes_out_together_fits_into_one_request_and_keeps_its_order() -> None:
    writer = writing.Writer({})
    writer._producer = broker = Broker()
    lengths = {0: 1, 1: 1, 2: 5, 3: 0, 4: 1}
    await writer.send({
        ("t", part): [Outgoing(bytes([n]), b"v", (), 1) for n in range(count)] for part, count in lengths.items()
    })
    assert broker.requests[1:] == [
        {0: [b"\0"], 1: [b"\0"]}, {2: [b"\0", b"\1"]}, {2: [b"\2", b"\3"]},
        {2: [b"\4"], 3: [], 4: [b"\0"]},
    ]  # fmt: skip
