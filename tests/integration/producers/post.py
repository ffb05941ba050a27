"""A town whose Changes go the whole way to one counterpart: outbox, seal, router, ledger, inbox, hand-over.

Only the broker is in memory: databases, keys, the counterpart (a process) and everything in between are the real ones.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from consumers.deliver import Counterpart, Deliverer
from consumers.inbox import Inbox
from consumers.opening import Opener
from consumers.settle import Settler
from hub import archive
from hub.config import Settings
from hub.database import Database, connect
from hub.keys import KeyStore
from hub.wrapping import wrapper
from producers import snapshot
from producers.city import load
from producers.household import Record
from tests.conformance.counterparts import Standin
from tests.conformance.samples import IDENTIFIER
from tests.fakes import MemoryContracts
from tests.inputs.memory import BOOK, WholeWay
from tests.integration.consumers.line import MemoryTopic, until
from tests.integration.producers.registry import NOW, changed, died, residents

ALL = snapshot.Pace(0, 10**9)


@dataclass
class Post:
    """The line of one contract. `now`: a clock that stands until it is put on."""

    settings: Settings
    hub: Database
    registry: Database
    counterpart: Standin
    way: WholeWay
    archiver: archive.Archiver
    inbox: Inbox
    deliverer: Deliverer
    now: datetime = NOW

    @property
    def contract(self) -> str:
        return self.counterpart.via

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def number(self, of: Record) -> str:
        """By which the counterpart knows somebody."""
        return str(of[IDENTIFIER[self.contract]])

    async def carry(self) -> None:
        """Carry what the outbox holds to its end: delivered, or a dead letter."""
        await self.route()
        while await self.inbox.once(0):
            pass

        async def settled() -> bool:
            await self.deliverer.start()
            return await self.waiting() == 0

        await until(settled)
        await self.deliverer.finish()

    async def route(self) -> None:
        """As far as the topic and the ledger."""
        rows = await self.registry.fetch("DELETE FROM registry.outbox RETURNING id, change")
        await self.way.publish(*(row["change"] for row in sorted(rows, key=lambda row: row["id"])))
        await self.way.route()
        await self.archiver.once()

    async def waiting(self) -> int:
        """What can still be handed over: not what waits behind a dead letter."""
        return int(await self.hub.fetchval(
            "SELECT count(*) FROM inbox.disclosures d WHERE state = 'waiting' AND NOT EXISTS ("
            "SELECT FROM inbox.disclosures e WHERE e.subject = d.subject AND e.state = 'dead')"
        ))  # fmt: skip

    async def first_load(self) -> None:
        """Everybody is told to the contract once, and it takes it."""
        run = await snapshot.begun(self.registry, (self.contract,), self.now)
        await snapshot.carry(self.registry, run, ALL, self.clock, lambda _: None)
        await self.carry()

    async def people(self) -> list[tuple[UUID, Record]]:
        return [one for one in await residents(self.registry) if one[1]["protected"] is False]

    async def changed(self, who: UUID, kind: str, before: Record, **items: Any) -> None:
        await changed(self.registry, who, kind, before, before | items, self.clock())

    async def died(self, who: UUID, last: Record) -> None:
        await died(self.registry, who, last, self.clock())

    async def plant(self, **order: Any) -> None:
        answer = await self.counterpart.instructed("/plant", order)
        assert answer.keys() == {"planted"}, answer

    async def records(self) -> dict[str, Any]:
        """What the counterpart holds."""
        return {who: said for who, said in (await self.counterpart.told())["records"].items() if said is not None}


@asynccontextmanager
async def opened(settings: Settings, counterpart: Standin, size: int) -> AsyncIterator[Post]:
    """A town of `size` whose line to this counterpart is open."""
    name, own = counterpart.via, settings.model_copy(update={"counterparts": f"{counterpart.via}={counterpart.url}"})
    async with connect(own.database, 4) as hub, connect(own.registry_dsn, 4) as registry:
        await load(registry, size, 7)
        keys = KeyStore(hub, wrapper(own))
        way = await WholeWay.open(keys)  # type: ignore[arg-type]
        opener = Opener(keys, name, opener_topic(name), MemoryContracts(BOOK.contracts[name].hash))  # type: ignore[arg-type]
        post = Post(
            own, hub, registry, counterpart, way,
            archive.Archiver(hub, topic(way, "juki.ledger").reader(), [0]),  # type: ignore[arg-type]
            Inbox(hub, topic(way, opener_topic(name)).reader(), opener, name, [0], lambda: post.now),  # type: ignore[arg-type]
            Deliverer(hub, name, opener, Counterpart(counterpart.adapter, counterpart.line),
                      Settler(hub, name, lambda: post.now), lambda: post.now),
        )  # fmt: skip
        way.clock = post.clock
        await post.archiver.resume()
        yield post


def opener_topic(name: str) -> str:
    return f"juki.disclosures.{name}"


def topic(way: WholeWay, name: str) -> MemoryTopic:
    """A topic of the broker in memory, to be sought in."""
    return MemoryTopic(name, {0: way.broker.records.setdefault((name, 0), [])})
