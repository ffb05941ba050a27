"""Writing: every record acknowledged, or an error."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiokafka import AIOKafkaProducer

from hub.bus.client import REQUEST_MS, connection, started, stopped
from hub.bus.records import BATCH_BYTES, Batches
from hub.bus.sending import FAILURES, Sent, acknowledged, batched, filling
from hub.config import Settings
from hub.errors import ProduceFailed

ACKNOWLEDGED_WITHIN = 25.0
"""Seconds within which a batch or a transaction must be acknowledged; below the transaction's own timeout."""

W = TypeVar("W", bound="Writer")


def in_time() -> asyncio.Timeout:
    """TimeoutError where the block takes longer."""
    return asyncio.timeout(ACKNOWLEDGED_WITHIN)


class Writer:
    """Writes without transactions, idempotently: every record acknowledged by all replicas, or ProduceFailed."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._producer: Any = None

    async def send(self, batches: Batches) -> None:
        """Write the batches; after ProduceFailed any of them may be there, and the writer may be used again.

        What is given up goes no more, also where whoever waits for it is cancelled: it would come behind what follows.
        """
        if self._producer is None:
            await self.start()
        try:
            async with in_time():
                await self._send(batched(self._producer, batches))
        except FAILURES:
            await self.stop()
            raise ProduceFailed("not-acknowledged") from None
        except asyncio.CancelledError:
            await self.stop()
            raise

    async def _send(self, waiting: list[Sent]) -> None:
        while waiting:
            count = filling(waiting)
            await acknowledged(self._producer, waiting[:count])
            del waiting[:count]

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


@asynccontextmanager
async def writer(settings: Settings, principal: str) -> AsyncIterator[Writer]:
    """A Writer that leaves the broker on leaving the block."""
    options = producing(settings, principal) | {"enable_idempotence": True}
    async with opened(Writer(options)) as writing:
        yield writing


@asynccontextmanager
async def opened(writing: W) -> AsyncIterator[W]:
    """Started; it leaves the broker on leaving the block."""
    await writing.start()
    try:
        yield writing
    finally:
        await writing.stop()


def producing(settings: Settings, principal: str) -> dict[str, Any]:
    """The options of every producer."""
    return connection(settings, principal) | {
        "acks": "all", "linger_ms": 0, "max_batch_size": BATCH_BYTES, "max_request_size": BATCH_BYTES,
        "request_timeout_ms": REQUEST_MS,
    }  # fmt: skip
