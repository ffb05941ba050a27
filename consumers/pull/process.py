"""`jukihub run pull`: the inboxes of every contract with `via = "rest"` are filled, and served over HTTP.

Receiving, looking ahead, counting, mirroring and serving go on side by side. What is served is what the inbox holds, so
a second process may serve the same contracts behind one address (HUB_PULL_URL): a settlement is a compare-and-set.
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from consumers.keeping import Kept, Once, counting, kept, looking, mirroring, receiving
from consumers.process import RESTS, kept_up, prepare_metrics
from consumers.pull import books, clients
from consumers.pull.api import service
from consumers.pull.caller import Pull
from consumers.pull.feeds import Feed, feeds
from contracts.book import Book, load
from contracts.contract import Contract
from hub import given, topics
from hub.api import serving
from hub.api.app import application, document
from hub.clock import now
from hub.config import Settings
from hub.database import Database
from hub.errors import UsageError
from hub.lifecycle import Process
from hub.ways import PULLED

TIDIES: Final = 60
"""Seconds between two looks for what is over."""

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def shared(settings: Settings, book: Book) -> Pull:
    """What the routes of one process share."""
    found = ((name, topics.disclosures(settings.prefix, name)) for name in pulled(book))
    return Pull(settings, book, feeds(found), public_url(settings.pull_url))


def pulled(book: Book) -> dict[str, Contract]:
    """The contracts that are fetched from us."""
    return {name: contract for name, contract in book.contracts.items() if contract.via in PULLED}


def public_url(url: str) -> str:
    """HUB_PULL_URL without a slash at its end; UsageError where a secret would cross the network readable."""
    parts = urlsplit(url)
    if url and parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise UsageError("not-encrypted", "HUB_PULL_URL", "https is meant")
    return url.rstrip("/")


async def pull(settings: Settings, port: int, metrics_port: int) -> None:
    """`jukihub run pull`: serve until SIGTERM."""
    book = given.book(settings)
    contracts = pulled(book)
    if not contracts:
        raise UsageError("nothing-to-pull", "contracts", 'No contract of this Book has via = "rest"')
    prepare_metrics([*contracts])
    made = shared(settings, book)
    beside = partial(_beside, settings, contracts, made)
    await serving.serve(settings, port, metrics_port, service(made), beside)


def described(settings: Settings) -> str:
    """The description of the API, as it is checked in; no server is asked."""
    return document(application(settings, now, service=service(Pull(settings, load(), {}))))


async def _beside(
    settings: Settings, contracts: Mapping[str, Contract], made: Pull, process: Process, here: str
) -> None:  # fmt: skip
    made.url = made.url or here
    async with AsyncExitStack() as held:
        loops: dict[str, Once] = {}
        for name, contract in contracts.items():
            one = await held.enter_async_context(kept(settings, contract, now))
            feed = held.enter_context(made.feeds[name].open(one.keys, one.opener))
            loops |= _loops(process, name, one, feed)
        loops |= {"tidying": _tidying(process, one.database), "book": books.following(process, settings, made)}
        async with asyncio.TaskGroup() as working:
            working.create_task(_ending(process, made.feeds.values()))
            for loop, once in loops.items():
                working.create_task(kept_up(process, loop, once))


def _loops(process: Process, name: str, one: Kept, feed: Feed) -> dict[str, Once]:
    """What is done side by side for one contract."""
    return {
        f"receiving {name}": receiving(process, one.room, one.inbox, feed.wake),
        f"looking {name}": looking(process, one.scout, RESTS, feed.wake),
        f"counting {name}": counting(process, one.figures), f"mirroring {name}": mirroring(process, name, one.mirror),
    }  # fmt: skip


def _tidying(process: Process, database: Database) -> Once:
    async def once() -> None:
        await clients.tidy(database, now())
        for _ in range(TIDIES):
            process.beat("tidying")
            await process.wait(1.0)

    return once


async def _ending(process: Process, every: Iterable[Feed]) -> None:
    await process.stopping.wait()
    for feed in every:
        feed.end()
