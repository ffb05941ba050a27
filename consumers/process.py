"""One process for one contract or several: inbox, hand-over and figures of each, side by side, until it is to stop.

A database that goes away stops nothing for good: each loop waits and goes on. Anything unexpected ends the process. One
loop that stands still makes /health say so, however well the others run. Contracts in one process share its memory and
nothing else: principal, inbox, keys, breaker and connections are each one's own.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from consumers import arrival, opening
from consumers.adapters import ADAPTERS
from consumers.adapters.hours import ALWAYS, STORE, Hours, hours
from consumers.adapters.http import Line
from consumers.adapters.municipality import municipality
from consumers.bounds import Room
from consumers.deliver import Counterpart, Deliverer
from consumers.figures import Figures
from consumers.inbox import Inbox
from consumers.keeping import counting, kept, mirroring, receiving
from consumers.mirror import Mirror
from consumers.overtake import Scout
from consumers.reconcile import Reconciler
from contracts.contract import Contract
from hub import given, log, metrics
from hub.clock import now
from hub.config import Settings
from hub.errors import DatabaseError, DependencyUnavailable, UsageError
from hub.lifecycle import Process, running
from hub.outside import checked_url
from hub.stops import Stops

RESTS = 0.2
"""Seconds between two looks at what waits, when nothing happens."""

RECONCILING_RESTS = 20.0
"""Seconds between two looks whether the count of the night is due; fewer than let a loop count as stalled."""

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the loops of one process share."""

    figures: Figures
    inbox: Inbox
    room: Room
    deliverer: Deliverer
    scout: Scout
    mirror: Mirror
    reconciler: Reconciler


def chosen(settings: Settings, name: str) -> tuple[Contract, str]:
    """The contract called `name` and the URL of its counterpart; UsageError where there is none."""
    contract = given.book(settings).contracts.get(name)
    if contract is None:
        raise UsageError("unknown-contract", "--contract")
    if contract.via not in ADAPTERS:
        raise UsageError("not-handed-over", "--contract")
    if name not in settings.counterpart_urls:
        raise UsageError("no-counterpart", "HUB_COUNTERPARTS")
    return contract, checked_url(settings.counterpart_urls[name])


def opening_hours(settings: Settings) -> Hours:
    """When コンビニ交付 takes records: as is set; without a setting at any time, in production in its real hours."""
    if settings.store_hours:
        return hours(settings.store_hours, "HUB_STORE_HOURS")
    return STORE if settings.env == "production" else ALWAYS


async def deliver(settings: Settings, names: Sequence[str], port: int) -> None:
    """`jukihub run deliver`: everything for these contracts."""
    pairs = [chosen(settings, name) for name in dict.fromkeys(names)]
    prepare_metrics([contract.id for contract, _ in pairs])
    own = f"deliver-{pairs[0][0].id}" if len(pairs) == 1 else "deliver"
    async with running(settings, own, port) as process, AsyncExitStack() as held:
        made = {one.id: await held.enter_async_context(parts(settings, one, url, now)) for one, url in pairs}
        async with asyncio.TaskGroup() as loops:
            for name, each in made.items():
                for loop, once in _loops(process, name, each).items():
                    loops.create_task(kept_up(process, f"{loop} {name}", once))


def _loops(process: Process, name: str, made: Parts) -> dict[str, Callable[[], Awaitable[None]]]:
    """What is done side by side for one contract."""
    arrived = asyncio.Event()
    return {
        "receiving": receiving(process, made.room, made.inbox, arrived.set),
        "hand-over": _handing_over(process, made, arrived),
        "counting": counting(process, made.figures), "mirroring": mirroring(process, name, made.mirror),
        "reconciling": _reconciling(process, name, made.reconciler),
    }  # fmt: skip


def prepare_metrics(names: Sequence[str]) -> None:
    """Let every figure of these contracts exist from the start."""
    metrics.prepare(names)
    for name in names:
        for code in (*arrival.CODES, *opening.CODES):
            metrics.TOKENS_REFUSED.labels(name, code)


@asynccontextmanager
async def parts(settings: Settings, contract: Contract, url: str, clock: Clock) -> AsyncIterator[Parts]:
    """Wire the process of one contract."""
    async with kept(settings, contract, clock) as held, Line(url) as line:
        adapter = ADAPTERS[contract.via].spoken_by(municipality(settings)).within(opening_hours(settings))
        counterpart = Counterpart(adapter, line)
        stops = Stops(held.database, contract)
        deliverer = Deliverer(held.database, contract.id, held.opener, counterpart, held.settler, clock, stops)
        reconciler = Reconciler(held.database, contract.id, adapter, counterpart.line, clock)
        try:
            yield Parts(held.figures, held.inbox, held.room, deliverer, held.scout, held.mirror, reconciler)
        finally:
            await deliverer.finish()


def _handing_over(process: Process, made: Parts, arrived: asyncio.Event) -> Callable[[], Awaitable[None]]:
    made.deliverer.freed = arrived  # one event for both: something came, or somebody's turn has ended

    async def once() -> None:
        arrived.clear()
        await made.scout.once(made.deliverer.busy, made.deliverer.put_back)
        if not await made.deliverer.start():
            await process.wait(RESTS, arrived)

    return once


def _reconciling(process: Process, name: str, reconciler: Reconciler) -> Callable[[], Awaitable[None]]:
    async def once() -> None:
        try:
            await reconciler.once()
        except DependencyUnavailable as failed:  # it stays due
            log.get().warning("not-counted", contract=name, code=failed.code)
        await process.wait(RECONCILING_RESTS)

    return once


async def kept_up(process: Process, loop: str, once: Callable[[], Awaitable[None]]) -> None:
    """Do `once` again and again until the process is to stop, and beat for `loop` before each time."""
    while not process.stopping.is_set():
        process.beat(loop)
        try:
            await once()
        except DatabaseError as failed:
            log.get().warning("database-away", code=failed.code)
            await process.wait(1.0)
