"""Reading: committed records only, from positions that the caller keeps."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CorruptRecordException, OffsetOutOfRangeError

from hub import log, metrics
from hub.bus.client import REQUEST_MS, connection, started, stopped, translated
from hub.bus.records import BATCH_BYTES, Incoming
from hub.config import Settings
from hub.errors import JukiError

_FETCH_BYTES = 4 * BATCH_BYTES
"""Of one answer, all partitions together: it lies in memory several times over while it is taken apart."""

_BROKEN = {ValueError: "unparsable-record", CorruptRecordException: "corrupt-record"}
"""What a poll raises that meets a record which is none; and our code for it."""


class Reader:
    """Reads chosen partitions of one topic, committed records only, from positions that the caller keeps.

    A record that the client library cannot even take apart (headers that are no UTF-8), or whose checksum does not fit
    (a bit has flipped in the log), stops its partition, aloud, and no other.
    """

    def __init__(self, consumer: Any, topic: str) -> None:
        self._consumer = consumer
        self._topic = topic
        self._at: dict[Any, int | None] = {}

    async def seek(self, positions: Mapping[int, int | None]) -> None:
        """Read these partitions from these offsets on; None is the beginning, by name."""
        places = {TopicPartition(self._topic, part): offset for part, offset in positions.items()}
        if set(places) - self._consumer.assignment():
            self._consumer.assign([*places])
        self._at |= places
        await self._go(places)

    async def poll(self, max_records: int = 2000, timeout_ms: int = 200) -> list[Incoming]:
        """What has come, ordered within each partition; empty after `timeout_ms`."""
        with translated():
            try:
                found = await self._consumer.getmany(timeout_ms=timeout_ms, max_records=max_records)
            except OffsetOutOfRangeError:
                raise JukiError("fell-out-of-retention", self._topic) from None
            except tuple(_BROKEN):
                found = await self._one_by_one(max_records)
        self._at |= {place: records[-1].offset + 1 for place, records in found.items() if records}
        return [_incoming(record) for records in found.values() for record in records]

    async def _one_by_one(self, max_records: int) -> dict[Any, list[Any]]:
        """Go back, since a failed poll has lost what it had of the others, and find the partition that fails."""
        found: dict[Any, list[Any]] = {}
        places = set(self._at) - self._consumer.paused()
        await self._go({place: self._at[place] for place in places})
        for place in places:
            try:
                found |= await self._consumer.getmany(place, timeout_ms=500, max_records=max_records)
            except tuple(_BROKEN) as broken:
                await self._go({place: self._at[place]})
                self.pause(place.partition)
                code = next(code for kind, code in _BROKEN.items() if isinstance(broken, kind))
                log.get().error("partition-stopped", code=code, topic=self._topic, partition=place.partition)
        return found

    async def _go(self, places: Mapping[Any, int | None]) -> None:
        with translated():
            for place, offset in places.items():
                if offset is None:
                    await self._consumer.seek_to_beginning(place)
                else:
                    self._consumer.seek(place, offset)

    def pause(self, partition: int) -> None:
        """Read no more of this partition; counted, since it stands still until a person acts."""
        self._consumer.pause(TopicPartition(self._topic, partition))
        metrics.PARTITIONS_STOPPED.inc()

    async def go_on(self, partition: int, offset: int) -> None:
        """Read a partition that was paused again, from this offset on."""
        await self.seek({partition: offset})
        self._consumer.resume(TopicPartition(self._topic, partition))
        metrics.PARTITIONS_STOPPED.dec()

    async def seek_to_time(self, milliseconds: int) -> None:
        """Read every partition from its first record of this time (ms since 1970) or later, else from its end."""
        places = self._consumer.assignment()
        with translated():
            ends = await self._consumer.end_offsets(places)
            found = await self._consumer.offsets_for_times(dict.fromkeys(places, milliseconds))
        await self.seek({place.partition: found[place].offset if found[place] else ends[place] for place in places})

    async def read_to_end(self) -> list[Incoming]:
        """Everything from here to what is now the end of every partition that is read."""
        return [record async for records in self.to_end() for record in records]

    async def to_end(self) -> AsyncGenerator[list[Incoming], None]:
        """The same, poll by poll."""
        ends = await self._ends()
        while await self._behind(ends):
            yield await self.poll(timeout_ms=100)
            if self._consumer.paused():
                raise JukiError("unparsable-record", self._topic)

    async def _ends(self) -> dict[Any, int]:
        with translated():
            return dict(await self._consumer.end_offsets(self._consumer.assignment()))

    async def ends(self) -> dict[int, int]:
        """By partition that is read the offset behind everything that is committed now."""
        return {place.partition: end for place, end in (await self._ends()).items()}

    async def _behind(self, ends: Mapping[Any, int]) -> bool:
        with translated():
            for place, end in ends.items():
                if await self._consumer.position(place) < end:
                    return True
        return False


def _incoming(record: Any) -> Incoming:
    return Incoming(
        record.topic, record.partition, record.offset, record.key, record.value, tuple(record.headers), record.timestamp
    )


@asynccontextmanager
async def reader(settings: Settings, principal: str, topic: str, partitions: Sequence[int]) -> AsyncIterator[Reader]:
    """A Reader at the beginning of `partitions` of `topic`; leaves the broker on leaving the block."""
    options = connection(settings, principal)
    consumer = AIOKafkaConsumer(
        **options, group_id=None, isolation_level="read_committed", enable_auto_commit=False,
        auto_offset_reset="none", fetch_max_wait_ms=100, max_partition_fetch_bytes=BATCH_BYTES,
        fetch_max_bytes=_FETCH_BYTES, request_timeout_ms=REQUEST_MS,
    )  # fmt: skip
    await started(consumer, options)
    try:
        opened = Reader(consumer, topic)
        await opened.seek(dict.fromkeys(partitions))
        yield opened
    finally:
        await stopped(consumer)
