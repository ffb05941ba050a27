"""A town with accounts and an empty ledger, for tests of 随時移転: outbox, seal, router and archive are the real ones.

Only the broker is in memory. Its clock stands on 2 April 2026 until a test puts it on.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from hub import accounts, archive, tokens
from hub.config import Settings
from hub.database import Database, connect
from hub.keys import KeyStore
from hub.people import Duty
from hub.seal import Place, header, open_token
from hub.transfers import Order, Wish
from hub.wrapping import wrapper
from producers.city import load
from producers.household import Record
from producers.transfer.choosing import Choice
from producers.transfer.desk import Desk
from tests.house import House, made_databases, shipped
from tests.inputs.memory import WholeWay
from tests.integration.producers.post import opener_topic, topic
from tests.integration.producers.registry import NOW, residents
from tests.office import FIRST

SIZE = 24
ON = date(2026, 4, 2)
ORDINANCE = "庁内連携条例"
CONTRACTS = ("tax", "school-affairs")
WISH = Wish("tax", ("氏名", "住所"), (ORDINANCE,), "還付の通知", ON + timedelta(days=7), "")


@dataclass
class Town:
    """A register, a hub, and whoever comes to the desk. `now`: a clock that stands until it is put on."""

    settings: Settings
    hub: Database
    registry: Database
    way: WholeWay
    archiver: archive.Archiver
    now: datetime = NOW

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    async def desk(self, name: str, *duties: Duty, **settings: Any) -> Desk:
        """Somebody new at the desk; with `settings` of their own machine."""
        person = await accounts.add(self.hub, name, frozenset(duties), FIRST, self.now)
        token = (await tokens.new(self.hub, person.id, "test", tokens.LONGEST, self.now))[1]
        own = self.settings.model_copy(update=settings)
        return Desk(own, self.hub, await tokens.bearer(self.hub, token, self.now), self.clock)

    async def people(self) -> list[tuple[UUID, Record]]:
        """Who is registered and not protected, in the order of their numbers."""
        return [one for one in await residents(self.registry) if one[1]["protected"] is False]

    async def approved(self, ito: Desk, kato: Desk, choice: Choice, wish: Wish = WISH) -> Order:
        """An order that may be run."""
        order, _ = await ito.ask(wish, choice)
        return await kato.approve(order.id)

    async def outbox(self) -> int:
        return int(await self.registry.fetchval("SELECT count(*) FROM registry.outbox"))

    async def route(self) -> None:
        """What the outbox holds, to the topics and into the ledger's archive."""
        rows = await self.registry.fetch("DELETE FROM registry.outbox RETURNING id, change")
        await self.way.publish(*(row["change"] for row in sorted(rows, key=lambda row: row["id"])))
        await self.way.route()
        await self.archiver.once()

    async def told(self, contract: str) -> list[Any]:
        """What the topic of a contract holds, opened."""
        found = []
        for record in self.way.broker.read(opener_topic(contract)):
            key = await self.way.keys.by_kid(header(record.value)["kid"])
            _, payload = open_token(record.value, key, Place(contract, opener_topic(contract), 0), record.key)
            found.append(orjson.loads(payload))
        return found

    async def lines(self) -> list[Any]:
        """Every line of the ledger."""
        rows = await self.hub.fetch("SELECT line FROM hub.ledger ORDER BY ledger_offset")
        return [orjson.loads(row["line"]) for row in rows]

    async def noted(self, act: str) -> list[tuple[str, dict[str, Any]]]:
        """How acts of this kind ended, and what was noted of them."""
        rows = await self.hub.fetch("SELECT code, details FROM hub.audit WHERE act = $1 ORDER BY id", act)
        return [(row["code"], orjson.loads(row["details"])) for row in rows if row["code"] != "begun"]


def persons(*records: Record) -> Choice:
    """These people, as the lines of a file."""
    return Choice(persons=tuple(record["atena_no"].encode() for record in records))


@asynccontextmanager
async def opened(house: House, folder: Path) -> AsyncIterator[Town]:
    """A town of two dozen."""
    with made_databases(house, folder / "data") as made:
        own = made.model_copy(update={"contracts": shipped(folder / "contracts", CONTRACTS)})
        async with connect(own.database, 4) as hub, connect(own.registry_dsn, 4) as registry:
            await load(registry, SIZE, 7)
            await accounts.first(hub, "root", FIRST, NOW)
            way = await WholeWay.open(KeyStore(hub, wrapper(own)))  # type: ignore[arg-type]
            town = Town(own, hub, registry, way, archive.Archiver(hub, topic(way, "juki.ledger").reader(), [0]))  # type: ignore[arg-type]
            way.clock = town.clock
            await town.archiver.resume()
            yield town
