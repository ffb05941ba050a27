"""The relay carries Changes from the outbox to juki.changes: sealed, in order, at least once.

One relay at a time has a shard. In one transaction it reads the oldest rows by id, seals them, publishes them, and
deletes them once the broker has acknowledged every one; whatever fails on the way rolls back, and the same rows are
published again with the same ids and versions. The notification of the outbox only wakes: without it, a look every
200 ms does. A row that its door refuses (nothing of ours can write one) halts its resident and nobody else, until a
person has looked: skipping it would let later Changes overtake.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from contracts.change import JAPAN, Change, parse
from hub import log, metrics
from hub.bus import Batches, Outgoing, check_topics, writer
from hub.config import Settings
from hub.database import Connection, Database, Row, connect, queries
from hub.envelope import CHANGE
from hub.errors import ChangeRefused, DatabaseError, DependencyUnavailable, ProduceFailed
from hub.keys import CHANGES, KeyStore
from hub.lifecycle import Process, running
from hub.pseudonym import Pseudonyms
from hub.seal import Place, Sheet, seal
from hub.topics import changes as changes_topic
from hub.wrapping import wrapper
from producers.outbox import CHANNEL, SHARDS

SQL = queries(Path(__file__).with_suffix(".sql"))
PRINCIPAL = "relay"
BATCH = 1000
"""Rows per transaction."""

POLL_SECONDS = 0.2
LISTEN_SECONDS = 30.0
"""A listening connection that was lost does not say so; it is taken anew this often."""

LONGEST_PAUSE = 5.0
"""Seconds between two attempts while broker or database are down."""

_FAILURES = (ProduceFailed, DatabaseError, DependencyUnavailable)


class Publisher(Protocol):
    """What the relay needs of the broker; `hub.bus.Writer` is one."""

    async def send(self, batches: Batches) -> None:
        """Return once every record is acknowledged; ProduceFailed otherwise."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row of the outbox that its door accepts."""

    id: int
    change: Change
    body: bytes


class Relay:
    """Carries one shard. `clock` tells the time of publishing, which names the content key of the day."""

    def __init__(  # noqa: PLR0913 - its one place of wiring; the last two are for tests
        self, shard: int, registry: Database, keys: KeyStore, publisher: Publisher, settings: Settings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC), batch: int = BATCH,
    ) -> None:  # fmt: skip
        self.shard = shard
        self._registry = registry
        self._keys = keys
        self._publisher = publisher
        self._topic = changes_topic(settings.prefix)
        self._partitions = settings.partitions
        self._clock = clock
        self._batch = batch
        self._pseudonyms: Pseudonyms | None = None

    async def carry(self) -> int:
        """Carry the oldest rows; how many were read. 0: nothing is there, or another relay has this shard."""
        if not await self._registry.fetchval(SQL["waiting"], self.shard):
            return 0
        async with self._registry.transaction() as tx:
            if not await tx.fetchval(SQL["lead"], self.shard):
                return 0
            rows = await tx.fetch(SQL["oldest"], self.shard, self._batch)
            accepted, refused = checked(rows)
            for resident, code in refused.items():
                await self._halt(tx, resident, code)
            await self._publish(tx, accepted)
        metrics.PUBLISHED.inc(len(accepted))
        return len(rows)

    async def _publish(self, tx: Connection, rows: Sequence[Accepted]) -> None:
        if rows:
            await self._publisher.send(await self._sealed(rows))
            await tx.execute(SQL["done"], self.shard, [row.id for row in rows])

    async def _halt(self, tx: Connection, resident: UUID, code: str) -> None:
        await tx.execute(SQL["halt"], resident, code)
        metrics.UNPUBLISHABLE.inc()
        log.get().error("resident-halted", code=code, shard=self.shard)

    async def _sealed(self, rows: Sequence[Accepted]) -> Batches:
        now = self._clock()
        key = await self._keys.content_key(CHANGES, now.astimezone(JAPAN).date())
        pseudonyms = await self._pseudonyms_of_changes()
        batches: dict[tuple[str, int], list[Outgoing]] = {}
        for part, lot in by_partition(rows, self._partitions).items():
            sheets = [Sheet(0, row.change.id, row.body) for row in lot]
            tokens = seal(key, Place(CHANGES, self._topic, part), "", int(now.timestamp()), sheets)
            record_keys = pseudonyms.of([row.change.resident for row in lot])
            at = int(now.timestamp() * 1000)
            batches[self._topic, part] = [Outgoing(*pair, CHANGE, at) for pair in zip(record_keys, tokens, strict=True)]
        return batches

    async def _pseudonyms_of_changes(self) -> Pseudonyms:
        if self._pseudonyms is None:
            self._pseudonyms = Pseudonyms(await self._keys.pseudonym_key(CHANGES))
        return self._pseudonyms


def checked(rows: Sequence[Row]) -> tuple[list[Accepted], dict[UUID, str]]:
    """The rows that their door accepts, and who is halted by a row that it refuses, with the code.

    Of somebody who is halted nothing from that row on is carried.
    """
    accepted: list[Accepted] = []
    refused: dict[UUID, str] = {}
    for row in rows:
        resident = UUID(int=row["resident"].int)
        if resident in refused:
            continue
        try:
            accepted.append(Accepted(row["id"], _own_change(resident, row["change"]), row["change"]))
        except ChangeRefused as refusal:
            refused[resident] = refusal.code
    return accepted, refused


def _own_change(resident: UUID, body: bytes) -> Change:
    change = parse(body)
    if change.resident != resident:
        raise ChangeRefused("foreign-resident", "resident")
    return change


def by_partition(rows: Sequence[Accepted], partitions: int) -> dict[int, list[Accepted]]:
    """Rows by the partition of their resident, each in the order of the outbox."""
    found: dict[int, list[Accepted]] = defaultdict(list)
    for row in rows:
        found[row.change.resident.int % partitions].append(row)
    return found


async def resume(registry: Database, resident: UUID) -> bool:
    """Let the Changes of a halted resident be carried again, once the refused row has been dealt with by a person."""
    return bool(await registry.execute(SQL["resume"], resident))


async def run(settings: Settings, port: int) -> None:
    """The process `jukihub run relay`, until it is told to stop."""
    async with running(settings, "relay", port) as process, opened(settings) as (registry, relays):
        bells = [asyncio.Event() for _ in relays]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(wake(process, registry, bells))
            for relay, bell in zip(relays, bells, strict=True):
                tasks.create_task(carry_on(process, relay, bell))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[Database, list[Relay]]]:
    """A Relay per shard with its connections: the registry's database, the hub's for the keys, the broker.

    Each shard has a writer of its own, so that one that waits for the broker keeps no other from publishing.
    """
    async with AsyncExitStack() as stack:
        registry = await stack.enter_async_context(connect(settings.registry_dsn, SHARDS * 2 + 1))
        keys = KeyStore(await stack.enter_async_context(connect(settings.database, 1)), wrapper(settings))
        await check_topics(settings, PRINCIPAL, [changes_topic(settings.prefix)])
        writers = [await stack.enter_async_context(writer(settings, PRINCIPAL)) for _ in range(SHARDS)]
        yield registry, [Relay(shard, registry, keys, publisher, settings) for shard, publisher in enumerate(writers)]


async def wake(process: Process, registry: Database, bells: Sequence[asyncio.Event]) -> None:
    """Ring every shard's bell at each notification, on a connection that is taken anew now and then."""
    loop = asyncio.get_running_loop()
    while not process.stopping.is_set():
        until = loop.time() + LISTEN_SECONDS
        try:
            async with registry.listening(CHANNEL) as woken:
                while not process.stopping.is_set() and loop.time() < until:
                    await process.wait(until - loop.time(), woken)
                    woken.clear()
                    _ring(bells)
        except DatabaseError:
            await process.wait(LONGEST_PAUSE)


def _ring(bells: Sequence[asyncio.Event]) -> None:
    for bell in bells:
        bell.set()


async def carry_on(process: Process, relay: Relay, bell: asyncio.Event) -> None:
    """Carry until the process is to stop; after a failure begin again, ever less often, but at least every 5 s."""
    failures = 0
    while not process.stopping.is_set():
        bell.clear()
        try:
            carried, failures = await relay.carry(), 0
        except _FAILURES as failed:
            carried, failures = 0, failures + 1
            metrics.PUBLISH_FAILURES.inc()
            log.get().warning("batch-rolled-back", code=failed.code, shard=relay.shard, attempt=failures)
        process.beat()
        if failures:
            await process.wait(min(POLL_SECONDS * 2**failures, LONGEST_PAUSE))
        elif not carried:
            await process.wait(POLL_SECONDS, bell)
