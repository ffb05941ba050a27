"""Reading: committed records only, from positions that the caller keeps."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from hub.bus.client import connection, started, stopped, translated
from hub.bus.records import Incoming
from hub.config import Settings
from hub.errors import JukiError


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
        with translated():
            for place, offset in places.items():
                if offset is None:
                    await self._consumer.seek_to_beginning(place)
                else:
                    self._consumer.seek(place, offset)

    async def poll(self, max_records: int = 2000, timeout_ms: int = 200) -> list[Incoming]:
        """What has come, ordered within each partition; empty after `timeout_ms`."""
        with translated():
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
        with translated():
            ends = await self._consumer.end_offsets(self._consumer.assignment())
        found: list[Incoming] = []
        while await self._behind(ends):
            found += await self.poll(timeout_ms=100)
        return found

    async def _behind(self, ends: Mapping[Any, int]) -> bool:
        with translated():
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
    await started(consumer)
    try:
        opened = Reader(consumer, topic)
        await opened.seek(dict.fromkeys(partitions))
        yield opened
    finally:
        await stopped(consumer)
