"""A line to hand over along: a real inbox database, sealed tokens, a topic in memory, any counterpart."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson

from consumers.arrival import place_id
from consumers.deliver import Counterpart, Deliverer
from consumers.disclosure import Disclosure
from consumers.inbox import Inbox
from consumers.opening import Opener
from consumers.overtake import Scout
from consumers.settle import Settler
from contracts.contract import Approval, Contract
from hub.bus import Incoming, Outgoing
from hub.clock import now
from hub.database import Database, Row
from hub.envelope import DISCLOSURE
from hub.keys import KeyStore
from hub.seal import Place, Sheet, seal
from hub.stops import Stops
from hub.wrapping import KeyWrapper
from tests.conformance.samples import IDENTIFIER
from tests.fakes import MemoryContracts, MemoryKek

DAY = date(2026, 4, 1)
PATIENCE = 60.0


async def until(done: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition; fail when it does not come."""
    limit = time.monotonic() + PATIENCE
    while not await done():
        assert time.monotonic() < limit, "it did not come to pass"
        await asyncio.sleep(0.02)


@dataclass
class MemoryTopic:
    """The topic of one contract, with a Reader's four verbs."""

    name: str
    records: dict[int, list[Outgoing]] = field(default_factory=dict)

    def reader(self) -> "MemoryReader":
        return MemoryReader(self)


@dataclass
class MemoryReader:
    topic: MemoryTopic
    at: dict[int, int] = field(default_factory=dict)

    async def seek(self, positions: Mapping[int, int | None]) -> None:
        self.at |= {part: offset or 0 for part, offset in positions.items()}

    async def poll(self, max_records: int = 2000, _timeout_ms: int = 0) -> list[Incoming]:
        found: list[Incoming] = []
        for part, start in self.at.items():
            fresh = self.topic.records.get(part, [])[start : start + max_records]
            self.at[part] += len(fresh)
            found += [
                Incoming(self.topic.name, part, start + n, one.key, one.value, one.headers, one.timestamp_ms)
                for n, one in enumerate(fresh)
            ]
        return found


class HandOver:
    """One contract's line. `counterpart`: a stand-in or a fake; `kek`: what wraps its keys, one in memory else."""

    def __init__(
        self, database: Database, via: str, counterpart: Any, protected: str = "deliver",
        clock: Callable[[], datetime] = now, kek: KeyWrapper | None = None,
    ) -> None:  # fmt: skip
        self.database, self.clock = database, clock
        self.contract = Contract(
            id=via, subscriber="見本", purpose="見本", basis=(), hears=frozenset(),
            items=(IDENTIFIER[via], "dv_protection"), identifier=IDENTIFIER[via], protected=protected, via=via,
            in_force_from=DAY, approved=Approval("見本", DAY, "見本"),
        )  # fmt: skip
        self.keys = KeyStore(database, kek or KeyWrapper([MemoryKek()]))
        self.topic = MemoryTopic(f"juki.disclosures.{via}")
        self.counterpart = counterpart
        self.settler = Settler(database, via, clock)
        self.opener = Opener(self.keys, via, self.topic.name, MemoryContracts(self.contract.hash))
        self.inbox = self.new_inbox()
        self.deliverer = self.new_deliverer()
        self.scout = Scout(database, self.contract, self.opener, self.settler)
        self._seq: dict[int, int] = {}

    def new_inbox(self, partitions: Sequence[int] = (0,)) -> Inbox:
        return Inbox(self.database, self.topic.reader(), self.opener, self.contract.id, partitions, self.clock)  # type: ignore[arg-type]

    def new_deliverer(self) -> Deliverer:
        counterpart = Counterpart(self.counterpart.adapter, self.counterpart.line)
        stops = Stops(self.database, self.contract)
        return Deliverer(self.database, self.contract.id, self.opener, counterpart, self.settler, self.clock, stops)

    async def sealed(self, said: Disclosure, subject: int, part: int = 0, **changed: Any) -> Outgoing:
        """`said` as the router would send it; `changed`: seq, ctr, place, day or key, where a test wants another."""
        content = {
            "id": str(said.id), "contract": said.contract, "version": said.version, "state": said.state,
            "recorded_at": "2026-04-01T00:00:00+09:00", "items": said.items,
        }  # fmt: skip
        if said.protected is not None:
            content["protected"] = said.protected
        if "seq" not in changed:
            self._seq[part] = self._seq.get(part, 0) + 1
        seq, own = changed.get("seq", self._seq.get(part, 0)), subject.to_bytes(16, "big")
        sheet = Sheet(seq, str(said.id), orjson.dumps(content), own)
        place = changed.get("place", Place(self.contract.id, self.topic.name, part))
        key = changed.get("key") or await self.keys.content_key(place.aud, changed.get("day", DAY))
        token = seal(key, place, changed.get("ctr", self.contract.hash), 1, [sheet])[0]
        return Outgoing(own, token, DISCLOSURE, 1)

    def put(self, *records: Outgoing, part: int = 0) -> None:
        self.topic.records.setdefault(part, []).extend(records)

    async def send(self, *disclosures: tuple[int, Disclosure]) -> None:
        """Seal, put on the topic and take into the inbox. Each comes with the number of its resident."""
        self.put(*[await self.sealed(said, subject) for subject, said in disclosures])
        while await self.inbox.once(0):
            pass

    async def work(self, done: Callable[[], Awaitable[bool]]) -> None:
        """Hand over until `done`."""

        async def step() -> bool:
            await self.scout.once(self.deliverer.busy, self.deliverer.put_back)
            await self.deliverer.start()
            return await done()

        await until(step)
        await self.deliverer.finish()

    async def rows(self) -> list[Row]:
        """The inbox, in order of arrival."""
        sql = "SELECT * FROM inbox.disclosures WHERE contract = $1 ORDER BY position"
        return await self.database.fetch(sql, self.contract.id)

    async def states(self) -> dict[str, int]:
        """How many are in each state."""
        sql = "SELECT state, count(*) AS n FROM inbox.disclosures WHERE contract = $1 GROUP BY state"
        return {row["state"]: row["n"] for row in await self.database.fetch(sql, self.contract.id)}

    async def are(self, **states: int) -> bool:
        return await self.states() == states

    async def codes(self) -> list[str]:
        return [row["code"] for row in await self.rows()]

    async def told(self) -> list[str]:
        return [one["id"] for one in (await self.counterpart.told())["told"]]

    def place_id(self, offset: int, part: int = 0) -> Any:
        return place_id(self.contract.id, part, offset)
