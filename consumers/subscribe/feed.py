"""Reading the subscriber's topic: committed records only, over TLS and SCRAM, from offsets that the caller keeps.

It joins no group, so nothing is ever rebalanced. What was applied is also committed under the subscriber's group: that
decides nothing here, and it is how the hub's watch sees whether a subscriber keeps up.
"""

import asyncio
import math
import ssl
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The second door to this library, on purpose: a department runs this file on its own, without the hub and its bus.
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaError, OffsetOutOfRangeError

from consumers.subscribe.errors import FellBehind, NotVisible, SubscriptionError, Unavailable
from consumers.subscribe.events import Place
from consumers.subscribe.token import Record

REQUEST_MS = 10_000
FETCH_MS = 100
"""For the broker to wait for a record; as long may a reader that is sent elsewhere have to wait for that answer."""
START_SECONDS = 30.0
STOP_SECONDS = 5.0
COMMIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Access:
    """Where the broker is, and as whom to ask it. `prefix`: the first word of the hub's topics.

    `secrets`: a folder with `ca.pem` and `subscriber-<contract>.password`.
    """

    contract: str
    kafka: str
    secrets: Path
    prefix: str = "juki"

    @property
    def principal(self) -> str:
        """The name under which the broker knows the subscriber."""
        return f"subscriber-{self.contract}"

    @property
    def topic(self) -> str:
        """The subscriber's topic."""
        return f"{self.prefix}.disclosures.{self.contract}"

    @property
    def group(self) -> str:
        """The group under which the subscriber's progress is seen."""
        return f"{self.prefix}-{self.principal}"

    def options(self) -> dict[str, Any]:
        """What a Kafka client is told; SubscriptionError where certificate or password are missing."""
        try:
            trust = ssl.create_default_context(cafile=str(self.secrets / "ca.pem"))
            password = (self.secrets / f"{self.principal}.password").read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            raise SubscriptionError("no-credentials", self.principal) from None
        return {
            "bootstrap_servers": self.kafka, "client_id": self.principal, "security_protocol": "SASL_SSL",
            "ssl_context": trust, "sasl_mechanism": "SCRAM-SHA-512", "sasl_plain_username": self.principal,
            "sasl_plain_password": password,
        }  # fmt: skip


class Feed:
    """The partitions of one topic, one partition's records at a time."""

    def __init__(self, consumer: Any, topic: str, partitions: tuple[int, ...]) -> None:
        self._consumer = consumer
        self._topic = topic
        self._waiting: deque[tuple[int, list[Record]]] = deque()
        self._held: dict[int, float] = {}
        self.partitions = partitions

    async def bounds(self) -> dict[int, tuple[int, int]]:
        """Per partition, the first offset that is still there and the one behind the last that is committed."""
        places = [self._place(part) for part in self.partitions]
        with translated():
            begins, ends = await self._consumer.beginning_offsets(places), await self._consumer.end_offsets(places)
        return {place.partition: (begins[place], ends[place]) for place in places}

    async def at(self, milliseconds: int) -> dict[int, int]:
        """Per partition, the offset of the first record of this time (ms since 1970) or later; else its end."""
        with translated():
            asked = dict.fromkeys((self._place(part) for part in self.partitions), milliseconds)
            found = await self._consumer.offsets_for_times(asked)
        ends = {part: end for part, (_, end) in (await self.bounds()).items()}
        return ends | {place.partition: each.offset for place, each in found.items() if each is not None}

    def seek(self, offsets: Mapping[int, int]) -> None:
        """Read exactly these partitions, from these offsets on."""
        self._waiting.clear()
        self._release(math.inf)
        if {place.partition for place in self._consumer.assignment()} != set(offsets):
            self._consumer.assign([self._place(part) for part in offsets])
        for part, offset in offsets.items():  # nothing is awaited in between: no other position is ever looked for
            self._consumer.seek(self._place(part), offset)

    async def batch(self, timeout_ms: int, most: int) -> tuple[int, list[Record]] | None:
        """What has come of one partition, at most `most` records in their order; None after `timeout_ms`."""
        self._release(asyncio.get_running_loop().time())
        if not self._waiting:
            with translated():
                found = await self._consumer.getmany(timeout_ms=timeout_ms, max_records=most)
            self._waiting += [(place.partition, [_record(each) for each in some]) for place, some in found.items()]
        return self._waiting.popleft() if self._waiting else None

    def again(self, at: Place, seconds: float = 0.0) -> None:
        """Read a partition from this place once more, and not before so many seconds are over."""
        self._consumer.seek(self._place(at.partition), at.offset)
        if seconds:
            self._consumer.pause(self._place(at.partition))
            self._held[at.partition] = asyncio.get_running_loop().time() + seconds

    async def is_behind(self, ends: Mapping[int, int]) -> bool:
        """Whether a partition that is read has not come to its end of these."""
        if self._waiting:
            return True
        with translated():
            return any([await self._consumer.position(self._place(part)) < end for part, end in ends.items()])

    async def commit(self, partition: int, offset: int) -> None:
        """Let the hub see how far the subscriber has come. It decides nothing, so it may fail."""
        with suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(COMMIT_SECONDS):
                await self._consumer.commit({self._place(partition): offset})

    def _release(self, now: float) -> None:
        for part in [part for part, until in self._held.items() if until <= now]:
            del self._held[part]
            self._consumer.resume(self._place(part))

    def _place(self, partition: int) -> TopicPartition:
        return TopicPartition(self._topic, partition)


def _record(each: Any) -> Record:
    return Record(each.topic, Place(each.partition, each.offset), each.key, each.value)


@asynccontextmanager
async def feed(access: Access, group: str | None = None) -> AsyncIterator[Feed]:
    """A Feed that reads nothing yet; leaves the broker on leaving the block."""
    consumer = AIOKafkaConsumer(
        **access.options(), group_id=group, isolation_level="read_committed", enable_auto_commit=False,
        auto_offset_reset="none", request_timeout_ms=REQUEST_MS, fetch_max_wait_ms=FETCH_MS,
    )  # fmt: skip
    try:
        with translated():
            await asyncio.wait_for(consumer.start(), START_SECONDS)
            partitions = await asyncio.wait_for(_partitions(consumer, access.topic), START_SECONDS)
        yield Feed(consumer, access.topic, partitions)
    finally:
        with suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(consumer.stop(), STOP_SECONDS)


async def _partitions(consumer: Any, topic: str) -> tuple[int, ...]:
    if topic not in await consumer.topics():  # asked for by name, the library would wait for it in silence
        raise NotVisible("topic-not-visible", topic)
    await consumer.beginning_offsets([TopicPartition(topic, 0)])  # brings what is known of the topic
    return tuple(sorted(consumer.partitions_for_topic(topic) or ()))


@contextmanager
def translated() -> Iterator[None]:
    """What the client library raises inside leaves as an error of ours, without its text."""
    try:
        yield
    except OffsetOutOfRangeError:
        raise FellBehind("fell-out-of-retention") from None
    except (CorruptRecordException, ValueError) as broken:
        raise Unavailable("record-unreadable", type(broken).__name__) from None
    except (KafkaError, OSError, TimeoutError) as failed:
        said = type(failed).__name__
        if "uthori" in said or "uthenti" in said:
            raise NotVisible("broker-refuses", said) from None
        raise Unavailable("broker-unavailable", said) from None
