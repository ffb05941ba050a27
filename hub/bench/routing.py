"""How many changes per second one router carries on the broker that runs, and what an output costs.

Everything is real: sealed changes on a topic of its own prefix, decisions by the shipped Book, transactions, ledger.
The topics and ACLs of the measurement are made before and removed after it. The figure says something only beside
the load of broker and database, which share the machine: `broker` and `client` CPU are both printed.
"""

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from contracts.book import Book
from hub import bus, destroyed, envelope, telling, topics
from hub.bench.sample import changes
from hub.broker_admin import Broker
from hub.bus import Outgoing
from hub.clock import now
from hub.config import Settings
from hub.database import connect
from hub.keys import CHANGES, KeyStore
from hub.owners import Tenure
from hub.pseudonym import Pseudonyms
from hub.router import slot
from hub.seal import ContentKey, Place, Sheet, seal
from hub.wanted import reader_of, wanted

PREFIX = "bench"
_LOT = 2000


@dataclass(frozen=True, slots=True)
class Measured:
    """`changes` became `outputs` in `seconds`; `client_seconds`: CPU of the router's process, `sealing_seconds` of it
    for sealing what subscribers are told."""

    changes: int
    outputs: int
    seconds: float
    client_seconds: float
    sealing_seconds: float
    transactions: int

    @property
    def per_second(self) -> float:
        """Changes per second."""
        return self.changes / self.seconds

    @property
    def sealing_share(self) -> float:
        """The part of the router's CPU that sealing takes."""
        return self.sealing_seconds / self.client_seconds

    @property
    def us_per_output(self) -> float:
        """Microseconds per disclosure sealed and committed."""
        return self.seconds / self.outputs * 1e6


async def measure(settings: Settings, book: Book, count: int) -> Measured:
    """Publish `count` changes, then let one router carry them, and check that every output is there."""
    given = settings.model_copy(update={"prefix": PREFIX})
    async with connect(settings.database) as database, _own_topics(given, book):
        keys = await destroyed.keys(given, database, "relay")
        await _publish(given, keys, count)
        tenure = Tenure(database, given, range(given.partitions))
        return await _route(given, book, keys, tenure, count)


@asynccontextmanager
async def _own_topics(settings: Settings, book: Book) -> AsyncIterator[None]:
    broker = Broker(settings.kafka, settings.secrets_dir)
    broker.apply(wanted(book, settings), PREFIX)
    try:
        yield
    finally:
        broker.forget(PREFIX)


async def _publish(settings: Settings, keys: KeyStore, count: int) -> None:
    residents = Pseudonyms(await keys.pseudonym_key(CHANGES))
    key = await keys.content_key(CHANGES, now().date())
    topic, batches = topics.changes(PREFIX), defaultdict(list)
    async with bus.writer(settings, "relay") as writer:
        for number, (resident, content) in enumerate(changes(count), start=1):
            part = resident.int % settings.partitions
            own = residents.of([resident])[0]
            token = seal(key, Place(CHANGES, topic, part), "", 0, [Sheet(0, "", content, own)])[0]
            record = Outgoing(own, token, envelope.CHANGE, int(time.time() * 1000))
            batches[topic, part].append(record)
            if number % _LOT == 0 or number == count:
                await writer.send(batches)
                batches.clear()


async def _route(settings: Settings, book: Book, keys: KeyStore, tenure: Tenure, count: int) -> Measured:
    async with slot(settings, book, keys, tenure, now) as router, _sealing_timed() as sealing:
        done, transactions = 0, 0
        begun, cpu = time.perf_counter(), time.process_time()
        while done < count:
            read = await router.once()
            done, transactions = done + read, transactions + bool(read)
        seconds, client = time.perf_counter() - begun, time.process_time() - cpu
        outputs = sum(sum(part.values()) for part in router.sequences.values())
    found = await _outputs(settings, book)
    if found != outputs:
        raise AssertionError(f"{outputs} outputs were committed and {found} are there")
    return Measured(done, outputs, seconds, client, sum(sealing), transactions)


@asynccontextmanager
async def _sealing_timed() -> AsyncIterator[list[float]]:
    """CPU seconds of each call by which the router seals a batch."""
    names, spent = vars(telling), list[float]()
    sealed = names["seal"]

    def timed(key: ContentKey, place: Place, ctr: str, iat: int, sheets: Sequence[Sheet]) -> list[bytes]:
        begun = time.process_time()
        try:
            tokens: list[bytes] = sealed(key, place, ctr, iat, sheets)
            return tokens
        finally:
            spent.append(time.process_time() - begun)

    names["seal"] = timed
    try:
        yield spent
    finally:
        names["seal"] = sealed


async def _outputs(settings: Settings, book: Book) -> int:
    """Every disclosure that a reader of committed records sees."""
    found = 0
    for name, contract in book.contracts.items():
        topic = topics.disclosures(PREFIX, name)
        async with bus.reader(settings, reader_of(contract), topic, range(settings.partitions)) as reader:
            found += len(await reader.read_to_end())
    return found
