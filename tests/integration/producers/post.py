"""A town whose Changes go the whole way to one subscriber: outbox, seal, router, ledger; to a counterpart also inbox
and hand-over. Only the broker is in memory: databases, keys, the counterpart (a process) and all in between are real.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from consumers.deliver import Counterpart, Deliverer
from consumers.inbox import Inbox
from consumers.opening import Opener
from consumers.settle import Settler
from hub import accounts, archive, destroyed, tokens
from hub.config import Settings
from hub.database import Database, connect
from hub.keys import KeyStore
from hub.people import Duty
from hub.pseudonym import Pseudonyms
from hub.stops import Stops
from hub.wrapping import wrapper
from producers import snapshot
from producers.city import load
from producers.drift.desk import Desk
from producers.household import Record
from tests.conformance.counterparts import Standin
from tests.conformance.samples import IDENTIFIER
from tests.fakes import MemoryContracts
from tests.inputs.memory import BOOK, WholeWay
from tests.integration.consumers.line import MemoryTopic, until
from tests.integration.producers.registry import NOW, changed, died, residents
from tests.office import FIRST

ALL = snapshot.Pace(0, 10**9)


@dataclass
class Town:
    """The line of one contract, as far as its topic. `now`: a clock that stands until it is put on."""

    settings: Settings
    hub: Database
    registry: Database
    contract: str
    way: WholeWay
    archiver: archive.Archiver
    now: datetime = field(default=NOW, kw_only=True)

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    async def carry(self) -> None:
        """Carry what the outbox holds to its end."""
        await self.route()

    async def route(self) -> None:
        """As far as the topic and the ledger."""
        rows = await self.registry.fetch("DELETE FROM registry.outbox RETURNING id, change")
        await self.way.publish(*(row["change"] for row in sorted(rows, key=lambda row: row["id"])))
        await self.way.route()
        await self.archiver.once()

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

    async def pseudonym(self, who: UUID) -> str:
        """As the contract knows them."""
        key = await destroyed.pseudonym_keys(self.settings, self.hub)(self.contract)
        return Pseudonyms(key).of([who])[0].hex()

    async def last_change(self, who: UUID) -> UUID:
        """The last Change of somebody that the register has recorded."""
        found = await self.registry.fetchval(
            "SELECT change FROM registry.history WHERE resident = $1 ORDER BY version DESC LIMIT 1", who
        )
        return UUID(int=found.int)

    async def healing(self) -> list[UUID]:
        """The SNAPSHOTs behind the first load."""
        run = await self.registry.fetchval("SELECT ended_at FROM registry.snapshot")
        rows = await self.registry.fetch(
            "SELECT change FROM registry.history WHERE kind = 'SNAPSHOT' AND version > $1",
            int(run.timestamp() * 1_000_000),
        )
        return [row["change"] for row in rows]

    async def told_again(self) -> dict[str, int]:
        """What the ledger says of the Changes that healed, by state; of this contract alone."""
        rows = await self.hub.fetch(
            "SELECT state, count(*) AS n FROM hub.told JOIN hub.ledger USING (change) WHERE contract = $1 "
            "AND change = ANY($2::uuid[]) GROUP BY state", self.contract, await self.healing(),
        )  # fmt: skip
        return {row["state"]: row["n"] for row in rows}

    async def desk(self, name: str, *duties: Duty) -> Desk:
        """Somebody with these duties, at the desk."""
        person = await accounts.add(self.hub, name, frozenset(duties), FIRST, self.now)
        token = (await tokens.new(self.hub, person.id, "test", tokens.LONGEST, self.now))[1]
        return Desk(self.settings, self.hub, self.registry, await tokens.bearer(self.hub, token, self.now), self.clock)


@dataclass
class Post(Town):
    """The line of one contract to its counterpart, and to the end."""

    counterpart: Standin
    inbox: Inbox
    deliverer: Deliverer

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

    async def waiting(self) -> int:
        """What can still be handed over: not what waits behind a dead letter."""
        return int(await self.hub.fetchval(
            "SELECT count(*) FROM inbox.disclosures d WHERE state = 'waiting' AND NOT EXISTS ("
            "SELECT FROM inbox.disclosures e WHERE e.subject = d.subject AND e.state = 'dead')"
        ))  # fmt: skip

    async def plant(self, **order: Any) -> None:
        answer = await self.counterpart.instructed("/plant", order)
        assert answer.keys() == {"planted"}, answer

    async def records(self) -> dict[str, Any]:
        """What the counterpart holds."""
        return {who: said for who, said in (await self.counterpart.told())["records"].items() if said is not None}


@asynccontextmanager
async def opened(settings: Settings, counterpart: Standin, size: int) -> AsyncIterator[Post]:
    """A town of `size` whose line to this counterpart is open."""
    own = settings.model_copy(update={"counterparts": f"{counterpart.via}={counterpart.url}"})
    async with town(own, counterpart.via, size) as made:
        opener = opener_of(made)
        line = Counterpart(counterpart.adapter, counterpart.line)
        post = Post(
            made.settings, made.hub, made.registry, made.contract, made.way, made.archiver, counterpart,
            inbox_of(made, opener, lambda: post.now),
            Deliverer(made.hub, made.contract, opener, line, Settler(made.hub, made.contract, lambda: post.now),
                      lambda: post.now, Stops(made.hub, BOOK.contracts[made.contract])),
        )  # fmt: skip
        made.way.clock = post.clock
        yield post


@asynccontextmanager
async def town(settings: Settings, contract: str, size: int) -> AsyncIterator[Town]:
    """A town of `size` whose Changes come as far as the topic of this contract."""
    async with connect(settings.database, 4) as hub, connect(settings.registry_dsn, 4) as registry:
        await load(registry, size, 7)
        way = await WholeWay.open(KeyStore(hub, wrapper(settings)))  # type: ignore[arg-type]
        archiver = archive.Archiver(hub, topic(way, "juki.ledger").reader(), [0])  # type: ignore[arg-type]
        made = Town(settings, hub, registry, contract, way, archiver)
        way.clock = made.clock
        await archiver.resume()
        yield made


def opener_of(town: Town) -> Opener:
    """What opens the tokens of the town's contract."""
    known = MemoryContracts(BOOK.contracts[town.contract].hash)
    return Opener(town.way.keys, town.contract, opener_topic(town.contract), known)  # type: ignore[arg-type]


def inbox_of(town: Town, opener: Opener, clock: Callable[[], datetime]) -> Inbox:
    """The inbox of the town's contract."""
    reader: Any = topic(town.way, opener_topic(town.contract)).reader()
    return Inbox(town.hub, reader, opener, town.contract, [0], clock)


def opener_topic(name: str) -> str:
    return f"juki.disclosures.{name}"


def topic(way: WholeWay, name: str) -> MemoryTopic:
    """A topic of the broker in memory, to be sought in."""
    return MemoryTopic(name, {0: way.broker.records.setdefault((name, 0), [])})
