"""The process `jukihub run relay`: a Relay per shard, patient with what is down.

Nobody wakes it: a NOTIFY takes a lock of the whole server from before its commit until that is on disk, so that no two
transactions of the registry could commit at the same time. It looks by itself, often while there is something to do.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from contracts.change import JAPAN
from hub import destroyed, log, metrics
from hub.bus import check_topics, writer
from hub.clock import now
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import DatabaseError, DependencyUnavailable, ProduceFailed
from hub.lifecycle import Process, running
from hub.topics import changes as changes_topic
from producers.capture import Source
from producers.capture.chosen import captured
from producers.outbox import SHARDS
from producers.relay import BATCH, SQL, Relay

PRINCIPAL = "relay"
LOOK_SECONDS, REST_SECONDS = 0.05, 0.1
"""Between two looks at an outbox that was emptied, and after some that found nothing. A lot costs the relay, the
registry and the broker much the same with one row or with ten, so some milliseconds more are worth it: on a machine
that is busy, who waits for a core waits less for lots of one row."""

FAILURE_SECONDS = 0.4
"""Of rest after the first failure; twice as much after each other one."""

COUNT_SECONDS = 3.0
"""Between two looks at how full the outbox is."""

REMIND_SECONDS = 600.0
"""Between two looks at whose protection (支援措置) has run out: a day is what counts there."""

LONGEST_PAUSE = 5.0
"""Seconds between two attempts while broker or database are down."""

CARRY_SECONDS = 45.0
"""For one batch, whatever it waits for: more than the broker has for its acknowledgement, with leaving it by force."""

_FAILURES = (ProduceFailed, DatabaseError, DependencyUnavailable)


async def run(settings: Settings, port: int) -> None:
    """The process `jukihub run relay`, until it is told to stop."""
    metrics.prepare([])
    async with (
        running(settings, "relay", port) as process, opened(settings) as (registry, relays),
        asyncio.TaskGroup() as tasks,
    ):  # fmt: skip
        tasks.create_task(count(process, registry))
        tasks.create_task(remind(process, registry))
        for relay in relays:
            tasks.create_task(carry_on(process, relay))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[Database, list[Relay]]]:
    """A Relay per shard with its connections: the registry's database, the hub's for the keys, the broker; and one more
    for the log of an existing registry, where HUB_CAPTURE says so. Who is halted there waits in the outbox.

    Each has a writer of its own, so that one that waits for the broker keeps no other from publishing.
    """
    async with AsyncExitStack() as stack:
        registry = await stack.enter_async_context(connect(settings.registry_dsn, SHARDS * 2 + 4))
        await check_topics(settings, PRINCIPAL, [changes_topic(settings.prefix)])
        keys = await destroyed.keys(settings, await stack.enter_async_context(connect(settings.database, 1)), PRINCIPAL)
        log_of_another = await stack.enter_async_context(captured(settings, registry))
        sources: list[Source | None] = [*[None] * SHARDS, *([log_of_another] if log_of_another else [])]
        writers = [await stack.enter_async_context(writer(settings, PRINCIPAL)) for _ in sources]
        yield registry, [
            Relay(number, registry, keys, publisher, settings, source=source)
            for number, (publisher, source) in enumerate(zip(writers, sources, strict=True))
        ]


async def count(process: Process, registry: Database) -> None:
    """Say how full the outbox is, and since when; what is not known now keeps its last figure."""
    while not process.stopping.is_set():
        try:
            row = await registry.fetchrow(SQL["backlog"])
        except DatabaseError:
            row = None
        if row is not None:
            metrics.OUTBOX.set(row["waiting"])
            metrics.HALTED.set(row["halted"])
            metrics.OLDEST_OUTBOX.set(row["oldest"].timestamp() if row["oldest"] else 0)
        await process.wait(COUNT_SECONDS)


async def remind(process: Process, registry: Database) -> None:
    """Say how many protections have run out and wait for a decision: nothing ends them, and somebody has to know."""
    from producers.expiring import over  # noqa: PLC0415 - with all the acts, for which a relay need not wait to begin

    while not process.stopping.is_set():
        try:
            metrics.PROTECTIONS_OVER.set(await over(registry, now().astimezone(JAPAN).date()))
        except DatabaseError as failed:  # a relay may have been given the outbox alone
            log.get().warning("protections-not-counted", code=failed.code)
        await process.wait(REMIND_SECONDS)


async def carry_on(process: Process, relay: Relay) -> None:
    """Carry until the process is to stop; after a failure begin again, ever less often, but at least every 5 s."""
    failures, looks, loop = 0, 0, f"shard-{relay.shard}"
    while not process.stopping.is_set():
        process.beat(loop)
        try:
            async with asyncio.timeout(CARRY_SECONDS):
                carried, failures = await relay.carry(), 0
        except (*_FAILURES, TimeoutError) as failed:
            carried, failures = 0, failures + 1
            metrics.PUBLISH_FAILURES.inc()
            code = getattr(failed, "code", "too-long")
            log.get().warning("batch-rolled-back", code=code, shard=relay.shard, attempt=failures)
        process.beat(loop)
        looks = 0 if carried else looks + 1
        if carried < BATCH:
            await process.wait(rest(failures, looks))


def rest(failures: int, looks: int) -> float:
    """Seconds until the next attempt after so many failures, or so many looks that found nothing, in a row.

    None of either: what was there was less than a lot.
    """
    if failures:
        return min(FAILURE_SECONDS * 2.0 ** min(failures - 1, 8), LONGEST_PAUSE)
    return min(LOOK_SECONDS * 2.0 ** min(looks, 8), REST_SECONDS)
