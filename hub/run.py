"""The process `jukihub run router`: take a slot over, route until told to stop, and after any failure begin again.

A failed transaction is no reason to end. Nor is being fenced, as long as some partitions are still its own (owners.py):
it goes on with those. Where none is left the slot is somebody else's, and the process ends. Told to stop, it finishes
the poll that it is in; where that takes too long it aborts its transaction, and the successor repeats it.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.book import Book
from hub import archive, books, bus, destroyed, given, log, metrics, positions, quarantine, topics
from hub.bus import Incoming
from hub.clock import now
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import PASSING, Fenced, JukiError
from hub.holding import Holder
from hub.keys import KeyStore
from hub.lifecycle import Process, running
from hub.owners import Tenure
from hub.patience import Patience
from hub.releasing import Releaser
from hub.router import PRINCIPAL, Router, slot
from hub.stops import stopped

GRACE_SECONDS = 5.0
"""For the poll that is in hand when the process is told to end."""

ACTS_SECONDS = 1.0
"""Between two looks at what persons have stopped or ordered, and whether a key that was gone is back."""

WORKS_SECONDS = 10.0
"""After so long without a failure a router works, also where there was nothing to route."""

FENCED_PAUSE_SECONDS = 1.0
"""Whoever fences us is taking something over: let them finish before we look what is left."""


async def route(settings: Settings, number: int, slots: int, port: int) -> None:
    """Own the partitions `p` with p % slots == number until SIGTERM."""
    book = given.book(settings)
    positions.check_fits(book.contracts)
    metrics.prepare(book.contracts)
    for code in quarantine.CODES:
        metrics.QUARANTINED.labels(code)
    metrics.PARTITIONS_WANTED.set(settings.partitions)
    mine = [part for part in range(settings.partitions) if part % slots == number]
    async with running(settings, f"router-{number}", port) as process, connect(settings.database) as database:
        await _check(settings, book)
        keys = await destroyed.keys(settings, database, PRINCIPAL)
        await books.remember(database, book, now())
        tenure, patience = Tenure(database, settings, mine), Patience()
        while not process.stopping.is_set():
            try:
                await _one_take_over(settings, book, keys, database, tenure, number, process, patience)
            except PASSING as failed:
                await _failed(failed, process, number, patience)


async def _check(settings: Settings, book: Book) -> None:
    prefix = settings.prefix
    outputs = [topics.disclosures(prefix, name) for name in book.contracts]
    await bus.check_topics(
        settings, PRINCIPAL, [topics.changes(prefix), topics.ledger(prefix), topics.quarantine(prefix), *outputs]
    )


async def _failed(failed: JukiError, process: Process, number: int, patience: Patience) -> None:
    if not process.stopping.is_set():  # a slot that is given up anyway is not taken over once more
        metrics.TRANSACTIONS.labels("failed").inc()
        _attempts.failed(now().timestamp())
        log.get().warning("transaction-failed", code=failed.code, slot=number)
        await process.wait(patience.rest())


async def _one_take_over(  # noqa: PLR0913 - the wiring of one process
    settings: Settings, book: Book, keys: KeyStore, database: Database, tenure: Tenure, number: int, process: Process,
    patience: Patience,
) -> None:  # fmt: skip
    try:
        async with slot(settings, book, keys, tenure, now) as router:
            check_sequences(router.sequences, await archive.last_sequences(database))
            log.get().info("slot-taken", slot=number, count=len(router.sequences))
            patience.at_work()
            await _route_until_stopped(router, process, Between(settings, database))
    except Fenced:
        metrics.TRANSACTIONS.labels("fenced").inc()
        if not process.stopping.is_set():
            await _go_on_with_the_rest(tenure, number, process)


async def _go_on_with_the_rest(tenure: Tenure, number: int, process: Process) -> None:
    await process.wait(FENCED_PAUSE_SECONDS)
    if not (left := await tenure.left()):
        log.get().error("slot-lost", code="fenced", slot=number)
        raise Fenced("fenced", f"slot {number}")
    log.get().warning("slot-narrowed", code="fenced", slot=number, count=left)


@dataclass(slots=True)
class Attempts:
    """Since when every attempt has failed: a router that gets nowhere begins again and again, and so looks alive."""

    fails_since: float = 0

    def failed(self, at: float) -> None:
        """One more, at this time (seconds since 1970)."""
        self.fails_since = self.fails_since or at
        metrics.ROUTING_FAILS.set(self.fails_since)

    def worked(self) -> None:
        """Something was committed, or nothing has failed for a while."""
        self.fails_since = 0
        metrics.ROUTING_FAILS.set(0)


_attempts = Attempts()


class Between:
    """What is done between two polls: whose feed is stopped, what persons have ordered, what can be told again."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._releaser = Releaser(database, settings, now)
        self._holder = Holder(self._letters)

    async def once(self, router: Router) -> None:
        """Whatever is due."""
        router.untold = await stopped(self._database, router.teller.book.contracts.values())
        await self._releaser.once(router)
        await self._holder.once(router)

    async def _letters(self, part: int) -> list[Incoming]:
        return await quarantine.records(self._settings, PRINCIPAL, [part])


async def _route_until_stopped(router: Router, process: Process, between: Between | None = None) -> None:
    """Poll after poll; told to stop, the poll that is in hand is finished, or aborted where it takes too long."""
    routing = asyncio.ensure_future(_route(router, process, between))
    stopping = asyncio.ensure_future(process.stopping.wait())
    try:
        await asyncio.wait([routing, stopping], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait_for(routing, GRACE_SECONDS)
    except TimeoutError:
        log.get().warning("poll-aborted", code="stopping")
    finally:  # whoever is cancelled here still leaves the poll in order before its writer is stopped
        routing.cancel()
        stopping.cancel()
        await asyncio.gather(routing, stopping, return_exceptions=True)


async def _route(router: Router, process: Process, between: Between | None) -> None:
    next_look, begun = 0.0, time.monotonic()
    while not process.stopping.is_set():
        process.beat()
        if between is not None and time.monotonic() >= next_look:  # before the first poll: a stop holds from the start
            await between.once(router)
            next_look = time.monotonic() + ACTS_SECONDS
        if await router.once() or time.monotonic() - begun > WORKS_SECONDS:
            _attempts.worked()


def check_sequences(committed: Mapping[int, Mapping[str, int]], archived: Mapping[tuple[str, int], int]) -> None:
    """The archive may lag, never lead: a lower or missing seq means that offsets were reset. None: begin at 1."""
    for (contract, part), seq in archived.items():
        if part in committed and committed[part].get(contract, 0) < seq:
            raise JukiError("sequence-lost", f"{contract}[{part}]")
