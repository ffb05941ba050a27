"""The process `jukihub run router`: take a slot over, route until told to stop, and after any failure begin again.

A failed transaction is no reason to end; being fenced is, because then the slot is somebody else's.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import stamina

from contracts.book import Book
from hub import archive, books, bus, given, log, metrics, positions, quarantine, topics
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import PASSING, Fenced, JukiError
from hub.keys import KeyStore
from hub.lifecycle import Process, running
from hub.router import PRINCIPAL, Router, slot
from hub.wrapping import wrapper


def now() -> datetime:
    """The clock of the real processes; everything below gets it passed in."""
    return datetime.now(UTC)


async def route(settings: Settings, number: int, slots: int, port: int) -> None:
    """Own the partitions `p` with p % slots == number until SIGTERM."""
    book = given.book(settings)
    positions.check_fits(book.contracts)
    metrics.prepare(book.contracts)
    for code in quarantine.CODES:
        metrics.QUARANTINED.labels(code)
    mine = [part for part in range(settings.partitions) if part % slots == number]
    async with running(settings, f"router-{number}", port) as process, connect(settings.database) as database:
        keys = KeyStore(database, wrapper(settings))
        await _check(settings, book)
        await books.remember(database, book, now())
        while not process.stopping.is_set():
            await _one_take_over(settings, book, keys, database, mine, number, process)


async def _check(settings: Settings, book: Book) -> None:
    prefix = settings.prefix
    outputs = [topics.disclosures(prefix, name) for name in book.contracts]
    await bus.check_topics(
        settings, PRINCIPAL, [topics.changes(prefix), topics.ledger(prefix), topics.quarantine(prefix), *outputs]
    )


@stamina.retry(on=PASSING, attempts=None, timeout=None, wait_initial=0.2, wait_max=10.0)
async def _one_take_over(  # noqa: PLR0913 - the wiring of one process
    settings: Settings, book: Book, keys: KeyStore, database: Database, mine: list[int], number: int, process: Process
) -> None:
    try:
        async with slot(settings, book, keys, mine, number, now) as router:
            check_sequences(router.sequences, await archive.last_sequences(database))
            log.get().info("slot-taken", slot=number, count=len(mine))
            await _route_until_stopped(router, process)
    except PASSING as failed:
        if process.stopping.is_set():
            return  # a slot that is given up anyway is not taken over once more
        metrics.TRANSACTIONS.labels("failed").inc()
        log.get().warning("transaction-failed", code=failed.code, slot=number)
        raise
    except Fenced:
        metrics.TRANSACTIONS.labels("fenced").inc()
        log.get().error("slot-lost", code="fenced", slot=number)
        raise


async def _route_until_stopped(router: Router, process: Process) -> None:
    while not process.stopping.is_set():
        process.beat()
        await router.once()


def check_sequences(committed: Mapping[int, Mapping[str, int]], archived: Mapping[tuple[str, int], int]) -> None:
    """The archive may lag, never lead: a lower or missing seq means that offsets were reset. Never begin again at 1."""
    for (contract, part), seq in archived.items():
        if part in committed and committed[part].get(contract, 0) < seq:
            raise JukiError("sequence-lost", f"{contract}[{part}]")
