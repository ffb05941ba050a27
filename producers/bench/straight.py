"""Records straight to topics, without a transaction, acknowledged by all: what the broker takes by itself.

`alone` writes to the topics of the contracts, as often as changes are committed. `beside` is a probe for the time in
which changes are on their way: few records, as long, to a topic of its own, because on one with open transactions
whoever reads committed records waits for those; and from a process of its own, because in the one that commits the
changes each answer of the broker would wait until that has time for it.

A record counts from when it is given to the client library, or begins to wait for that. Whatever the process that
produces is behind makes its delay longer. Its arrival is noted by a process of its own, as that of a change is.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from contracts.book import Book
from hub import bus, topics
from hub.broker_admin import Broker
from hub.bus import Incoming, Outgoing, Writer
from hub.config import Settings
from hub.wanted import wanted
from producers.bench.arriving import ADMIN, Feed, arriving, feeds
from producers.bench.delays import Began, taken
from producers.bench.pace import at_rate

RAW_BYTES: Final = 1400
"""About as long as a token of these contracts."""
PROBE_PER_SECOND: Final = 9.7
"""About ten: so few that they take next to nothing from what they stand beside. Ten would keep step with the commits
and with whoever looks every so many hundredths of a second, and would meet them always at the same moment."""


@dataclass(frozen=True, slots=True)
class Straight:
    """One way: each record to all topics of `written`, and read from those of `read`."""

    settings: Settings
    writer: Writer
    per_second: float
    written: Sequence[str]
    read: Sequence[Feed]

    async def turn(self, seconds: float) -> list[float]:
        """Milliseconds from produce to readable of each record that counts."""
        gates = [asyncio.Lock() for _ in range(self.settings.partitions)]
        count = int(seconds * self.per_second)
        async with arriving(self.settings, self.read, _key, count) as told:
            records = (self._produce(number, gates) for number in range(count))
            begun = await at_rate(records, self.per_second, count)
            return taken(begun.marks, await told(), begun.counts_from)

    async def _produce(self, number: int, gates: Sequence[asyncio.Lock]) -> Began:
        """One at a time on a partition: the library lets those fail that wait there in a crowd."""
        key, part, at = number.to_bytes(16, "big"), number % self.settings.partitions, time.time()
        written = Outgoing(key, bytes(RAW_BYTES), (), int(time.time() * 1000))
        async with gates[part]:
            await self.writer.send({(topic, part): [written] for topic in self.written})
        return Began([(feed.name, key.hex()) for feed in self.read], part, at)


def alone(settings: Settings, book: Book, writer: Writer, per_second: int) -> Straight:
    """To the topics of all contracts, read where changes are read."""
    written = [topics.disclosures(settings.prefix, name) for name in book.contracts]
    return Straight(settings, writer, per_second, written, feeds(settings, book))


def prepare(settings: Settings, book: Book) -> None:
    """Make the topic of the probe, like one of a contract, but that nobody except the administrator may see it."""
    want = wanted(book, settings)
    own = replace(want.topics[feeds(settings, book)[0].topic], name=_probe(settings).topic)
    more = replace(want, topics={**want.topics, own.name: own})
    Broker(settings.kafka, settings.secrets_dir).apply(more, settings.prefix)


def beside(settings: Settings, seconds: float) -> list[float]:
    """A turn of the probe, which is prepared: the work of a process."""
    return asyncio.run(_probed(settings, seconds))


async def _probed(settings: Settings, seconds: float) -> list[float]:
    probe = _probe(settings)
    async with bus.writer(settings, ADMIN) as writer:
        return await Straight(settings, writer, PROBE_PER_SECOND, [probe.topic], [probe]).turn(seconds)


def _probe(settings: Settings) -> Feed:
    return Feed("beside", ADMIN, f"{settings.prefix}.beside")


def _key(record: Incoming) -> str:
    return (record.key or b"").hex()
