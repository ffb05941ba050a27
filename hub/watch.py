"""The process `jukihub run watch`, and the one door to Faust: it brings the watch its records, and nothing rests on it.

Faust acknowledges what its agent raised on, commits past what is in flight, and reads what transactions took back. So:
it reads a topic that is written outside transactions; records come raw, one by one, and nothing escapes the loop body:
what is passing is tried again in place, anything else ends the process with 70 and the offset uncommitted; no tables,
no web, no sends, no `exactly_once`; and what it does is counted once, whatever it repeats or leaves out (counting.py).
Beside it two loops of our own look and judge.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import faust

from hub import bus, given, log, metrics, topics
from hub.clock import now
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import PASSING, JukiError
from hub.lifecycle import Process, running
from hub.recall import owed
from hub.retention import overdue
from hub.stops import Stops
from hub.watching.collected import Collected
from hub.watching.counting import count
from hub.watching.looking import Watcher
from hub.watching.policy import Policy, policy, with_files
from hub.ways import A_FILE_IS_DUE, FILED

PRINCIPAL = "watch"
SOFTWARE = 70
"""Exit code of a process that met what it does not know: its service manager starts it again."""

LOOKS = 10.0
COLLECTED_LOOKS = 60.0
RETENTION_LOOKS = 300.0
STOP_SECONDS = 15.0

Handle = Callable[[int, bytes | None], Awaitable[None]]


async def run(settings: Settings, slot: int, port: int) -> None:
    """Watch until SIGTERM. `slot` names this process among several: each is a member of the group for good."""
    book = given.book(settings)
    filed = [name for name, contract in book.contracts.items() if contract.via in FILED]
    rules = with_files(policy(book.contracts, settings.watching), filed, A_FILE_IS_DUE.total_seconds())
    metrics.prepare(book.contracts)
    async with running(settings, f"watch-{slot}" if slot else "watch", port) as process:
        await bus.check_topics(settings, PRINCIPAL, [topics.watch(settings.prefix)])
        async with connect(settings.database) as database, asyncio.TaskGroup() as loops:
            watcher, collected = Watcher(database, rules, settings.partitions), Collected(settings, book.contracts)
            loops.create_task(_consumed(settings, slot, process, counter(process, database, rules)))
            loops.create_task(_kept_up(process, "judging", lambda: watcher.once(now()), LOOKS))
            loops.create_task(_kept_up(process, "recalls", lambda: owed.show(database, now()), COLLECTED_LOOKS))
            late = partial(overdue.show, settings, database, book)
            loops.create_task(_kept_up(process, "retention", lambda: late(now()), RETENTION_LOOKS))
            stops = Stops(database, *book.contracts.values())
            looks = partial(_collected, collected, stops)
            loops.create_task(_kept_up(process, "collected", looks, COLLECTED_LOOKS))


async def _collected(collected: Collected, stops: Stops) -> None:
    await collected.once(time.time(), await stops.now())


def application(settings: Settings, slot: int) -> Any:
    """The Faust app, with every setting that is not safe by default set."""
    to = bus.connection(settings, PRINCIPAL)
    credentials = faust.SASLCredentials(
        username=to["sasl_plain_username"], password=to["sasl_plain_password"], ssl_context=to["ssl_context"],
        mechanism=to["sasl_mechanism"],
    )  # fmt: skip
    return faust.App(
        topics.group(settings.prefix, PRINCIPAL),
        broker=[f"kafka://{each}" for each in settings.kafka.split(",")], broker_credentials=credentials,
        broker_client_id=to["client_id"], broker_session_timeout=45.0, broker_heartbeat_interval=3.0,
        broker_request_timeout=90.0, broker_rebalance_timeout=60.0, broker_max_poll_records=500,
        consumer_group_instance_id=f"{settings.prefix}-watch-{slot}", consumer_auto_offset_reset="earliest",
        producer_request_timeout=60.0, producer_threaded=False, processing_guarantee="at_least_once",
        stream_wait_empty=True, stream_buffer_maxsize=4096, topic_allow_declare=False, topic_disable_leader=True,
        value_serializer="raw", key_serializer="raw", store="memory://", web_enabled=False,
        worker_redirect_stdouts=False, datadir=str(settings.data / "watch"),
    )  # fmt: skip


async def _consumed(settings: Settings, slot: int, process: Process, handle: Handle) -> None:
    """Run the app until the process is to stop; an app that ends by itself ends the process."""
    app = application(settings, slot)
    topic = app.topic(topics.watch(settings.prefix), key_type=bytes, value_type=bytes, value_serializer="raw")
    _carry(app, topic, handle)
    await app.start()
    while not process.stopping.is_set():
        if app.crashed or app.should_stop:
            _end("app-ended")
        process.beat("consuming")
        await process.wait(1.0)
    try:
        await asyncio.wait_for(app.stop(), STOP_SECONDS)
    except TimeoutError:
        _end("stop-too-slow")


def _carry(app: Any, topic: Any, handle: Handle) -> None:
    async def carry(stream: Any) -> None:
        async for event in stream.events():
            await safely(handle, event.message.partition, event.value)

    app.agent(topic, concurrency=1)(carry)


async def safely(handle: Handle, partition: int, value: bytes | None) -> None:
    """Handle one record; what `handle` raises ends the process, because the library would call it done."""
    try:
        await handle(partition, value)
    except JukiError as failed:
        _end(failed.code)
    except Exception:  # noqa: BLE001 - see above: nothing may escape
        _end("internal-error")


def counter(process: Process, database: Database, rules: Policy) -> Handle:
    """Counts a record, and tries again in place as long as the database is away; told to end meanwhile, it ends."""
    bounds: Mapping[str, float] = {name: each.service_seconds for name, each in rules.bounds.items()}

    async def handle(partition: int, value: bytes | None) -> None:
        while True:
            try:
                await count(database, partition, value, bounds)
            except PASSING as failed:
                if process.stopping.is_set():
                    raise
                log.get().warning("watch-waits", code=failed.code)
                await process.wait(1.0)
            else:
                return

    return handle


def _end(code: str) -> None:
    log.get().error("watch-ended", code=code)
    os._exit(SOFTWARE)  # not an exception and not an orderly stop: both would commit the offset of what is not done


async def _kept_up(process: Process, loop: str, once: Callable[[], Awaitable[None]], seconds: float) -> None:
    while not process.stopping.is_set():
        process.beat(loop)
        try:
            await once()
        except PASSING as failed:
            log.get().warning("look-failed", code=failed.code)
        process.beat(loop)
        for _ in range(int(seconds)):  # a look may be rarer than what /health calls fresh
            await process.wait(1.0)
            process.beat(loop)
            if process.stopping.is_set():
                return
