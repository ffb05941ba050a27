"""The process `jukihub run relay`: a Relay per shard, and one for the log of another registry, carried on side by side.

Beside them it says how full the outbox is, and whose protection has run out.
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
from hub.errors import DatabaseError
from hub.lifecycle import Process, running
from hub.topics import changes as changes_topic
from producers.capture import Source
from producers.capture.chosen import captured
from producers.carrying import Carrier, carry_on
from producers.outbox import SHARDS
from producers.relay import SQL, Relay

PRINCIPAL = "relay"
COUNT_SECONDS = 3.0
"""Between two looks at how full the outbox is."""

REMIND_SECONDS = 600.0
"""Between two looks at whose protection (支援措置) has run out: a day is what counts there."""


async def run(settings: Settings, port: int) -> None:
    """The process `jukihub run relay`, until it is told to stop."""
    metrics.prepare([])
    async with (
        running(settings, "relay", port) as process, opened(settings) as (registry, relays),
        asyncio.TaskGroup() as tasks,
    ):  # fmt: skip
        tasks.create_task(count(process, registry))
        tasks.create_task(remind(process, registry))
        tasks.create_task(Carrier(process, registry, relays[:SHARDS]).carry_on())
        for relay in relays[SHARDS:]:
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
