"""The process `jukihub run relay`: it carries the outbox, and beside it the log of another registry where there is one.

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
from producers.carrying import Carrier, carry_log
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
        running(settings, "relay", port) as process, opened(settings) as (registry, relays, log_of_another),
        asyncio.TaskGroup() as tasks,
    ):  # fmt: skip
        tasks.create_task(count(process, registry))
        tasks.create_task(remind(process, registry))
        tasks.create_task(Carrier(process, registry, relays).carry_on())
        if log_of_another is not None:
            tasks.create_task(carry_log(process, relays[SHARDS], log_of_another))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[Database, list[Relay], Source | None]]:
    """The registry; a Relay for each shard of the outbox, with a way to the broker of its own, so that one that waits
    for it keeps no other from publishing; and the log of an existing registry, where HUB_CAPTURE says so, which has one
    more. Who is halted there waits in the outbox.
    """
    async with AsyncExitStack() as stack:
        registry = await stack.enter_async_context(connect(settings.registry_dsn, SHARDS + 5))
        await check_topics(settings, PRINCIPAL, [changes_topic(settings.prefix)])
        keys = await destroyed.keys(settings, await stack.enter_async_context(connect(settings.database, 1)), PRINCIPAL)
        log_of_another = await stack.enter_async_context(captured(settings, registry))
        ways = SHARDS + (log_of_another is not None)
        writers = [await stack.enter_async_context(writer(settings, PRINCIPAL)) for _ in range(ways)]
        yield registry, [Relay(keys, publisher, settings) for publisher in writers], log_of_another


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
