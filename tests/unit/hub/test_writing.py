"""A batch that is given up waits for nothing: what was sent before it may never have an outcome."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError

from hub.bus import Outgoing, writing
from hub.errors import ProduceFailed

BATCHES = {("t", part): [Outgoing(b"k", b"v", (), 1)] for part in range(2)}


class Batch:
    def append(self, **_: Any) -> object:
        return object()

    def close(self) -> None:
        pass


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
