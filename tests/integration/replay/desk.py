"""A desk to replay from: a real database, topics in memory, the router's own deciding and sealing, any counterpart."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from consumers import planning, plans, running, weighing
from consumers.deliver import Counterpart, Deliverer
from consumers.disclosure import Disclosure
from consumers.inbox import Inbox
from consumers.opening import Opener
from consumers.overtake import Scout
from consumers.plan_state import Event, check_movable
from consumers.planning import Filter
from consumers.plans import Plan, Progress
from consumers.settle import Settler
from contracts import book as law
from contracts.book import Book
from contracts.canonical import fingerprint
from contracts.change import JAPAN, parse
from contracts.contract import Contract
from hub import books, destroyed, envelope, given, topics
from hub.archive import Archiver
from hub.books import ContractHashes
from hub.bus import Outgoing
from hub.config import Settings
from hub.database import Database, Row
from hub.destroyed import Erasure
from hub.intake import Accepted
from hub.keys import CHANGES, KeyStore
from hub.lookback import Sight
from hub.people import Duty, Person
from hub.pseudonym import Pseudonyms
from hub.recalling import Past, Recall
from hub.seal import Place, Sheet, seal
from hub.stops import Stops
from hub.telling import Tally, Teller
from hub.wrapping import wrapper
from tests import people
from tests.fakes import MemoryBroker
from tests.integration.consumers.line import until
from tests.integration.replay.edges import PARTITIONS, Anybody, Reader, Writer

SHIPPED = law.load()
START = datetime(2026, 6, 1, 10, 0, tzinfo=JAPAN)
CROWD = 500
ITO = Person(UUID(int=1), "ito", frozenset({Duty.OPERATOR}))
KATO = Person(UUID(int=2), "kato", frozenset({Duty.APPROVER}))
MORI = Person(UUID(int=3), "mori", frozenset({Duty.OPERATOR}))


class Desk:
    """One contract, from the registry's Change to the counterpart, and whoever looks after its letters."""

    def __init__(
        self, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, contract: str = "prefecture"
    ) -> None:
        self.settings, self.database, self.name = settings, database, contract
        self.now = START
        self.book = SHIPPED
        self.broker = MemoryBroker()
        self.writer = Writer(self.broker)
        self.keys = KeyStore(database, wrapper(settings))
        self.topic = topics.disclosures(settings.prefix, contract)
        self.counterpart = Anybody(identifier=SHIPPED.contracts[contract].identifier)
        self.versions: dict[int, int] = {}
        self.records: dict[int, dict[str, Any]] = {}
        self.moves = 0
        self.erasures: list[Erasure] = []
        self._sequences: dict[int, dict[str, int]] = {part: {} for part in range(PARTITIONS)}
        self._inbox: Inbox | None = None
        self._archiver: Archiver | None = None
        monkeypatch.setattr(given, "book", lambda _settings: self.book)
        monkeypatch.setattr(weighing, "recalling", self._recalling)
        monkeypatch.setattr(destroyed, "journal", self._journal)
        monkeypatch.setattr(running.bus, "writer", self._writing)
        monkeypatch.setattr(running, "LOOK_SECONDS", 0.01)
        monkeypatch.setattr(running, "BOOK_SECONDS", 0.0)

    @property
    def contract(self) -> Contract:
        return self.book.contracts[self.name]

    def clock(self) -> datetime:
        return self.now

    def change_contract(self, **changed: Any) -> None:
        """Another Book from now on."""
        self.book = bound({**SHIPPED.contracts, self.name: replace(self.contract, **changed)})

    def end_contract(self) -> None:
        self.book = bound({name: one for name, one in SHIPPED.contracts.items() if name != self.name})

    async def routed_by_it(self) -> None:
        """The routers have begun anew with the Book of now."""
        await books.remember(self.database, self.book, self.now)

    # what happens in the city

    async def relocate(self, resident: int, town: str = "東", **changed: Any) -> UUID:
        """転居 of a made-up resident; the id of the Change."""
        before = self.records.get(resident, people.record(resident))
        after = before | {"address": {"text": f"架空市{town}町{len(self.versions)}番地"}} | changed
        return await self.happens(resident, "RELOCATE", before, after)

    async def happens(self, resident: int, kind: str, before: Any, after: Any, **said: Any) -> UUID:
        """One Change of a resident is recorded, published, routed and archived."""
        change, version = uuid4(), int(self.now.timestamp() * 1_000_000) + len(self.versions)
        who = resident_of(resident)
        self.versions[version] = resident
        self.records[resident] = after or before
        content = people.line(
            kind, before, after, id=str(change), resident=str(who), version=version,
            recorded_at=self.now.isoformat(), **said,
        )  # fmt: skip
        await self._publish(who, content)
        await self._route(Accepted(parse(content), content))
        return change

    async def many(self, residents: Sequence[int]) -> None:
        """転居 of each of these residents, one poll of the router after another: for crowds."""
        await self.routed_by_it()
        teller = await Teller.of(self.settings.prefix, self.book, self.keys)
        for start in range(0, len(residents), CROWD):
            by_part: dict[int, list[Accepted]] = {part: [] for part in range(PARTITIONS)}
            for resident in residents[start : start + CROWD]:
                who, content = resident_of(resident), self._moved(resident)
                await self._publish(who, content)
                by_part[who.int % PARTITIONS].append(Accepted(parse(content), content))
            for part, accepted in by_part.items():
                batches = await teller.all_of(part, accepted, self._sequences[part], self.now, Tally())
                for (topic, where), records in batches.items():
                    self.broker.put(topic, where, *records)
            await self.archive()

    def _moved(self, resident: int) -> bytes:
        self.moves += 1
        before = people.record(resident)
        return people.line(
            "RELOCATE", before, before | {"address": {"text": f"架空市東町{self.moves}番地"}}, id=str(uuid4()),
            resident=str(resident_of(resident)), version=int(self.now.timestamp() * 1_000_000) + self.moves,
            recorded_at=self.now.isoformat(),
        )  # fmt: skip

    def forget_changes(self) -> None:
        """Seven days are over: juki.changes holds nothing any more."""
        for place, records in self.broker.records.items():
            if place[0] == topics.changes(self.settings.prefix):
                records.clear()

    async def _publish(self, who: UUID, content: bytes) -> None:
        own = Pseudonyms(await self.keys.pseudonym_key(CHANGES)).of([who])[0]
        part, topic = who.int % PARTITIONS, topics.changes(self.settings.prefix)
        key = await self.keys.content_key(CHANGES, self.now.date())
        token = seal(key, Place(CHANGES, topic, part), "", 0, [Sheet(0, "", content, own)])[0]
        self.broker.put(topic, part, Outgoing(own, token, envelope.CHANGE, int(self.now.timestamp() * 1000)))

    async def _route(self, accepted: Accepted) -> None:
        part = accepted.resident.int % PARTITIONS
        await self.routed_by_it()
        teller = await Teller.of(self.settings.prefix, self.book, self.keys)
        batches = await teller.all_of(part, [accepted], self._sequences[part], self.now, Tally())
        for (topic, where), records in batches.items():
            self.broker.put(topic, where, *records)
        await self.archive()

    async def archive(self) -> None:
        """What is on the ledger goes into PostgreSQL."""
        if self._archiver is None:
            reader = Reader(self.broker, topics.ledger(self.settings.prefix))
            self._archiver = Archiver(self.database, reader, range(PARTITIONS))  # type: ignore[arg-type]
            await self._archiver.resume()
        await self._archiver.once()

    # the inbox and the hand-over

    @property
    def opener(self) -> Opener:
        return Opener(self.keys, self.name, self.topic, ContractHashes(self.database, self.name))

    def deliverer(self) -> Deliverer:
        settler = Settler(self.database, self.name, self.clock)
        counterpart = Counterpart(self.counterpart, None)  # type: ignore[arg-type]
        stops = Stops(self.database, SHIPPED.contracts[self.name])
        return Deliverer(self.database, self.name, self.opener, counterpart, settler, self.clock, stops)

    async def receive(self) -> None:
        """What is on the topic comes into the inbox, and is looked at for protections that begin."""
        if self._inbox is None:
            reader = Reader(self.broker, self.topic)
            self._inbox = Inbox(
                self.database, reader, self.opener, self.name, range(PARTITIONS), self.clock  # type: ignore[arg-type]
            )  # fmt: skip
        while await self._inbox.once(0):
            pass
        settler = Settler(self.database, self.name, self.clock)
        await Scout(self.database, self.contract, self.opener, settler).once([])

    async def deliver(self) -> None:
        """Hand over until nothing can be."""
        await self.receive()
        deliverer = self.deliverer()

        async def step() -> bool:
            idle = not deliverer.busy  # asked before: who ends while the next are read makes room for those behind
            return not await deliverer.start() and idle

        await until(step)
        await deliverer.finish()

    async def letters(self, *residents: int, code: str = "not-accepted", each: int = 1) -> list[UUID]:
        """One dead letter of each of these residents, and `each` - 1 disclosures behind it; the letters' ids."""
        for resident in residents:
            self.refuse(resident, code)
            for _ in range(each):
                await self.relocate(resident)
        await self.deliver()
        rows = await self.rows()
        return [row["id"] for row in rows if row["state"] == "dead"]

    def refuse(self, resident: int, code: str = "not-accepted") -> None:
        self.counterpart.refusing[self.identifier(resident)] = code

    def accept(self, *residents: int) -> None:
        """The counterpart's fault is repaired, of these or of all."""
        for one in [self.identifier(resident) for resident in residents] or [*self.counterpart.refusing]:
            self.counterpart.refusing.pop(one, None)

    def identifier(self, resident: int) -> str:
        return str(people.record(resident)[self.counterpart.identifier])

    # replay

    async def plan(self, person: Person = ITO, **wanted: Any) -> Plan:
        asked = Filter(self.name, **wanted)
        await self.routed_by_it()
        return await planning.plan(self.settings, self.database, self.book, asked, person, "repaired", self.now)

    async def approve(self, plan: Plan, person: Person = KATO) -> None:
        await planning.approve(self.settings, self.database, self.book, plan.id, person, self.now)

    async def approved(self, **wanted: Any) -> Plan:
        made = await self.plan(**wanted)
        await self.approve(made)
        return made

    async def run(
        self, plan: Plan, person: Person = ITO, rate: float | None = None, seen: running.Seen = lambda *_: None
    ) -> Progress:
        """Run it, with the hand-over beside it."""
        async with self.handing_over():
            return await self.run_alone(plan, person, rate, seen)

    async def run_alone(
        self, plan: Plan, person: Person = ITO, rate: float | None = None, seen: running.Seen = lambda *_: None
    ) -> Progress:
        """Run it, whoever hands over."""
        pace = running.Pace(rate)
        return await running.run(self.settings, self.database, plan.id, person, pace, seen, self.clock)

    @asynccontextmanager
    async def handing_over(self) -> AsyncIterator[None]:
        """The process of the contract, beside what the test does."""
        deliverer = self.deliverer()

        async def beside() -> None:
            while True:
                deliverer.freed.clear()
                await self.receive()
                if not await deliverer.start():
                    with suppress(TimeoutError):  # not `wait_for`: before 3.12 it loses a cancel that meets a result
                        async with asyncio.timeout(0.005):
                            await deliverer.freed.wait()

        task = asyncio.create_task(beside())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            await deliverer.finish()
            await self.archive()

    async def move(self, plan: Plan, what: str, person: Person = ITO) -> None:
        """Pause, resume or cancel it, as the commands do."""
        check_movable(await plans.where(self.database, plan, plans.times(self.settings), self.now), what)
        await plans.note(self.database, plan.id, Event(what, "", person.id, self.now))

    async def state(self, plan: Plan) -> tuple[str, str]:
        found = await plans.where(self.database, plan, plans.times(self.settings), self.now)
        return found.state, found.code

    @asynccontextmanager
    async def _recalling(
        self, _settings: Settings, sight: Sight, known: Collection[Past]
    ) -> AsyncIterator[Recall]:  # fmt: skip
        reader = Reader(self.broker, topics.changes(self.settings.prefix))
        yield Recall(reader, sight, {past.key for past in known})  # type: ignore[arg-type]

    @asynccontextmanager
    async def _writing(self, _settings: Settings, principal: str) -> AsyncIterator[Writer]:
        assert principal == "replay"
        yield self.writer

    # what can be seen

    async def _journal(self, _settings: Settings, _principal: str) -> list[Erasure]:
        return self.erasures

    async def rows(self) -> list[Row]:
        return await self.database.fetch(
            "SELECT * FROM inbox.disclosures WHERE contract = $1 ORDER BY position", self.name
        )  # fmt: skip

    async def states(self) -> dict[str, int]:
        sql = "SELECT state, count(*) AS n FROM inbox.disclosures WHERE contract = $1 GROUP BY state"
        return {row["state"]: row["n"] for row in await self.database.fetch(sql, self.name)}

    async def verdicts(self, plan: Plan) -> list[tuple[str, str]]:
        sql = "SELECT verdict, reason FROM inbox.plan_letters WHERE plan = $1 ORDER BY position"
        return [(row["verdict"], row["reason"]) for row in await self.database.fetch(sql, plan.id)]

    async def releases(self) -> list[Row]:
        return await self.database.fetch("SELECT * FROM hub.releases ORDER BY partition, ledger_offset")

    def told(self) -> list[UUID]:
        return [one.id for one in self.counterpart.taken]

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)


def bound(contracts: Mapping[str, Contract]) -> Book:
    """The shipped law with these contracts, under a hash of its own: a Book that can be kept."""
    made = replace(SHIPPED, contracts=contracts)
    return replace(made, hash=fingerprint(made.document()))


def resident_of(number: int) -> UUID:
    """A made-up resident: a UUID of version 4."""
    return UUID(int=number << 80 | 4 << 76 | 2 << 62 | number)


def in_order(taken: Sequence[Disclosure], identifier: str) -> bool:
    """Whether every resident was told in the order of their versions."""
    last: dict[Any, int] = {}
    for one in taken:
        who = one.items[identifier]
        if one.version <= last.get(who, 0):
            return False
        last[who] = one.version
    return True


async def whole(desk: Desk, letters: list[Any], count: int) -> None:
    """Everything was told once, in order, and every release is on record once."""
    told = desk.told()
    assert (len(told), len(set(told)), set(letters) <= set(told)) == (count, count, True)
    assert in_order(desk.counterpart.taken, desk.counterpart.identifier)
    released = [row["disclosure"] for row in await desk.releases()]
    assert (len(released), set(released)) == (len(set(released)), set(letters))
