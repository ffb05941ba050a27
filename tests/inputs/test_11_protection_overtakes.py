"""Input 11: 支援措置 begins while something about the same resident is decided and not yet handed over.

From the counter to the inboxes everything is real; the seconds are those of one machine that does nothing else.
"""

import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from consumers.process import Parts, parts
from hub import books
from hub.database import Database, connect
from hub.keys import KeyStore
from hub.owners import Tenure
from hub.router import Router, slot
from hub.wrapping import wrapper
from producers.capture.table import Outbox
from producers.city import load
from producers.outbox import SHARDS
from producers.relay import BATCH, Relay
from producers.relay_process import opened
from producers.todokede import answer
from tests.house import World, few

pytestmark = pytest.mark.faults

FLAGS, SUSPENDS = "intermediate-server", "convenience-store"
LONGEST = 5.0
NOBODY = "http://127.0.0.1:1"


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Hub:
    """Relay, router and two inboxes in one loop; nothing is handed over."""

    registry: Database
    database: Database
    relay: Relay
    router: Router
    inboxes: list[Parts]

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        while not await holds():
            await self.relay.carry(Outbox(self.registry, range(SHARDS), BATCH))
            await self.router.once(timeout_ms=50)
            for made in self.inboxes:
                await made.inbox.once(50)
                await made.scout.once([])

    async def states(self, contract: str) -> list[tuple[str, bool]]:
        sql = "SELECT state, flagged FROM inbox.disclosures WHERE contract = $1 ORDER BY position"
        return [(row["state"], row["flagged"]) for row in await self.database.fetch(sql, contract)]

    async def file(self, **notice: Any) -> None:
        told = await answer(self.registry, orjson.dumps({"notified_on": "2026-04-02", **notice}), now())
        assert told.code is None, told


@asynccontextmanager
async def hub(world: World) -> AsyncIterator[Hub]:
    settings, every = world.settings, range(world.settings.partitions)
    async with AsyncExitStack() as stack:
        registry, [relay, *_], _ = await stack.enter_async_context(opened(settings))
        database = await stack.enter_async_context(connect(settings.database))
        keys = KeyStore(database, wrapper(settings))
        await books.remember(database, few(), now())
        router = await stack.enter_async_context(slot(settings, few(), keys, Tenure(database, settings, every), now))
        contracts = [few().contracts[name] for name in (FLAGS, SUSPENDS)]
        inboxes = [await stack.enter_async_context(parts(settings, one, NOBODY, now)) for one in contracts]
        yield Hub(registry, database, relay, router, inboxes)


async def couple(registry: Database) -> tuple[str, str]:
    """Head and spouse of a household of two whom nothing sets apart: their 宛名番号."""
    homes: dict[str, list[dict[str, Any]]] = {}
    for row in await registry.fetch("SELECT record FROM registry.resident ORDER BY atena_no"):
        record = orjson.loads(row["record"])
        homes.setdefault(record["household_no"], []).append(record)
    plain = (home for home in homes.values() if not any(one["protected"] or one["nationality"] for one in home))
    head, spouse = sorted(next(home for home in plain if len(home) == 2), key=lambda one: not one["is_household_head"])
    return head["atena_no"], spouse["atena_no"]


@pytest.mark.trap("input-11", "C15")
async def test_within_seconds_nothing_old_can_be_handed_over_any_more(world: World) -> None:
    async with hub(world) as running:
        await load(running.registry, 60, 7)
        head, spouse = await couple(running.registry)
        await running.file(receipt="1", act="head-change", new_head=spouse, relationships={head: "同居人"},
                           changed_on="2026-04-01")  # fmt: skip

        async def both_wait() -> bool:
            return [len(await running.states(name)) for name in (FLAGS, SUSPENDS)] == [2, 2]

        async def it_holds() -> bool:
            flagged = ("waiting", True) in await running.states(FLAGS)
            return flagged and ("superseded", False) in await running.states(SUSPENDS)

        await running.until(both_wait)
        begun = time.monotonic()
        await running.file(receipt="2", act="protection-start", atena_nos=[spouse], category="配偶者暴力",
                           starts_on="2026-04-02")  # fmt: skip
        await running.until(it_holds)
        seconds = time.monotonic() - begun
        sys.stdout.write(f"seconds until the protection held: {seconds:.2f}\n")  # `pytest -rP` shows it
        assert seconds < LONGEST
        assert sorted(await running.states(SUSPENDS)) == [("superseded", False), ("waiting", False), ("waiting", False)]
