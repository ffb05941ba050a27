"""A city hall with its whole line: one register, every process, every counterpart, and ears at every contract's topic.

A story files notices and asks what has arrived. `heard` answers once the router has decided every Change (its line of
the ledger is committed together with what it tells), every topic was read to its end by the right of its own reader,
and every hand-over has ended. So whoever is not in the answer hears nothing, now or later. Whatever lies on a topic or
at a counterpart and comes of no Change that was filed here fails the story.
"""

import asyncio
import json
import secrets
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import orjson

from consumers.adapters import ADAPTERS
from hub import accounts, bus, tokens, topics
from hub.database import Database, connect
from hub.keys import KeyStore
from hub.people import Duty
from hub.seal import Place, header, open_token
from hub.wanted import reader_of
from hub.wrapping import wrapper
from producers import todokede
from producers.household import Record
from producers.synthetic.numbers import Numbers
from tests.house import World
from tests.office import FIRST
from tests.processes import Processes, asked, until

NUMBERS = Numbers(20260402)
DIGEST_KEY = "digests.key"
TODAY = todokede.today(datetime.now(UTC)).isoformat()
_drawn = count(1)


@dataclass(frozen=True, slots=True)
class Change:
    """One Change that a notice has made."""

    id: str
    kind: str
    atena_no: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What one contract heard of one Change: a department its items, a counterpart the message that it took."""

    contract: str
    change: Change
    said: dict[str, Any]
    at: int
    """Place in the order of arrival at this contract."""


class News(list[Heard]):
    """What has arrived of some Changes, at everybody."""

    def who(self, kind: str | None = None) -> set[str]:
        """Everybody who heard anything: of all of it, or of the Changes of one kind."""
        return {one.contract for one in self if kind in (None, one.change.kind)}

    def at(self, contract: str, kind: str | None = None) -> list[dict[str, Any]]:
        """What was said to one contract, in the order of arrival."""
        mine = (one for one in self if one.contract == contract and kind in (None, one.change.kind))
        return [one.said for one in sorted(mine, key=lambda one: one.at)]

    def kinds_at(self, contract: str) -> list[str]:
        """Of which kinds of Change one contract heard, in the order of arrival."""
        mine = sorted((one for one in self if one.contract == contract), key=lambda one: one.at)
        return [one.change.kind for one in mine]


@dataclass(frozen=True, slots=True)
class Hall:
    """The counter, and ears everywhere. `outside`, `inside`: contracts with a counterpart, and departments."""

    world: World
    processes: Processes
    registry: Database
    hub: Database
    keys: KeyStore
    readers: dict[str, bus.Reader]
    filed: dict[str, Change] = field(default_factory=dict)
    topics: dict[str, list[tuple[str, dict[str, Any]]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def outside(self) -> set[str]:
        return {name for name, one in self.world.book.contracts.items() if one.via in ADAPTERS}

    @property
    def departments(self) -> set[str]:
        return {*self.world.book.contracts} - self.outside

    async def file(self, act: str, **stated: Any) -> list[Change]:
        """The clerk files a notice, and it is accepted."""
        answer = await self.counter(act, **stated)
        assert answer.result == "accepted", (act, answer.code, answer.place)
        return await self.recorded(answer.changes)

    async def refused(self, act: str, **stated: Any) -> str | None:
        """The clerk files a notice, and is told why it is refused."""
        answer = await self.counter(act, **stated)
        assert (answer.result, answer.changes) == ("refused", ())
        return answer.code

    async def counter(self, act: str, **stated: Any) -> todokede.Answer:
        return await todokede.answer(self.registry, orjson.dumps(notice(act, **stated)), datetime.now(UTC))

    async def recorded(self, ids: Iterable[str]) -> list[Change]:
        """Changes by their ids; from now on it is known that they were filed."""
        rows = await self.registry.fetch(
            "SELECT change, kind, atena_no FROM registry.history JOIN registry.resident USING (resident) "
            "WHERE change = ANY($1::uuid[])", [UUID(one) for one in ids],
        )  # fmt: skip
        made = {str(row["change"]): Change(str(row["change"]), row["kind"], row["atena_no"].decode()) for row in rows}
        self.filed.update({
            str(uuid5(UUID(change), contract)): one
            for change, one in made.items() for contract in self.world.book.contracts
        })  # fmt: skip
        return [made[one] for one in ids]

    async def heard(self, changes: Sequence[Change]) -> News:
        """What has arrived of these Changes, once nothing more of them can arrive."""
        await until(lambda: self._undecided(changes), lambda left: left == 0, "the router's decisions")
        await asyncio.gather(*(self._read(name) for name in self.readers))
        await until(self._unsettled, lambda left: left == [], "every hand-over")
        every = [*self._departments(), *await asyncio.to_thread(lambda: [*self._counterparts()])]
        return News(one for one in every if one.change in changes)

    async def _undecided(self, changes: Sequence[Change]) -> int:
        ids = [UUID(one.id) for one in changes]
        return len(ids) - int(await self.hub.fetchval(
            "SELECT count(DISTINCT change) FROM hub.ledger WHERE change = ANY($1::uuid[])", ids
        ))  # fmt: skip

    async def _read(self, name: str) -> None:
        topic = topics.disclosures(self.world.settings.prefix, name)
        for record in await self.readers[name].read_to_end():
            key = await self.keys.by_kid(header(record.value)["kid"])
            head, payload = open_token(record.value, key, Place(name, topic, record.partition), record.key)
            self.topics[name].append((head["jti"], orjson.loads(payload)))

    async def _unsettled(self) -> list[str]:
        sent = {(name, jti) for name in self.outside for jti, _ in self.topics[name]}
        rows = await self.hub.fetch("SELECT contract, id, state, code FROM inbox.disclosures WHERE state <> 'waiting'")
        dead = [(row["contract"], row["code"]) for row in rows if row["state"] == "dead"]
        assert dead == [], "a counterpart refused what the law tells it"
        return sorted(name for name, _ in sent - {(row["contract"], str(row["id"])) for row in rows})

    def _departments(self) -> list[Heard]:
        return [
            Heard(name, self.filed[jti], said, at)
            for name in self.departments for at, (jti, said) in enumerate(self.topics[name])
        ]  # fmt: skip

    def _counterparts(self) -> Iterable[Heard]:
        for name in self.outside:
            memory = asked(self.processes.urls[name], "/told")
            assert memory["refused"] == []
            for at, told in enumerate(memory["told"]):
                yield Heard(name, self.filed[told["id"]], told["body"], at)

    async def record(self, atena_no: str) -> Record:
        """What stands on the register, or stood there last."""
        body = await self.registry.fetchval(
            "SELECT record FROM registry.resident WHERE atena_no = $1", atena_no.encode()
        )
        record: Record = orjson.loads(body)
        return record

    async def household_of(self, atena_no: str) -> list[Record]:
        """Everybody registered who lives in the household that the record names, in the order of their numbers."""
        number = (await self.record(atena_no))["household_no"]
        rows = await self.registry.fetch(
            "SELECT record FROM registry.resident WHERE household_no = $1 ORDER BY atena_no", number.encode()
        )
        return [orjson.loads(row["record"]) for row in rows]

    async def history(self, atena_no: str) -> list[dict[str, Any]]:
        """Every Change of one person, as it was recorded."""
        rows = await self.registry.fetch(
            "SELECT body FROM registry.history JOIN registry.resident USING (resident) WHERE atena_no = $1 "
            "ORDER BY history.version", atena_no.encode(),
        )  # fmt: skip
        return [orjson.loads(row["body"]) for row in rows]

    async def recorded_so_far(self) -> int:
        """How many Changes there are: what makes none reaches nobody."""
        return int(await self.registry.fetchval("SELECT count(*) FROM registry.history"))

    async def overwrite(self, atena_no: str, record: Record) -> str:
        """Somebody writes a record without any notice; whose it is, by UUID."""
        return str(await self.registry.fetchval(
            "UPDATE registry.resident SET record = $2 WHERE atena_no = $1 RETURNING resident",
            atena_no.encode(), orjson.dumps(record),
        ))  # fmt: skip

    async def waiting(self, contract: str, changes: Sequence[Change]) -> None:
        """Until what one contract is told of these Changes waits in its inbox, because its counterpart is away."""
        ids = [uuid5(UUID(one.id), contract) for one in changes]

        async def missing() -> int:
            found = await self.hub.fetchval(
                "SELECT count(*) FROM inbox.disclosures WHERE contract = $1 AND id = ANY($2::uuid[])", contract, ids
            )
            return len(ids) - int(found)

        await until(missing, lambda left: left == 0, "the inbox")

    def asked(self, contract: str, path: str) -> Any:
        """What a counterpart answers."""
        return asked(self.processes.urls[contract], path)

    def told_outside(self) -> dict[str, int]:
        """How many disclosures each counterpart has taken so far."""
        return {name: len(self.asked(name, "/told")["told"]) for name in self.outside}

    async def typed(self, *words: str, given: str = "", token: str = "") -> subprocess.CompletedProcess[str]:
        """A person types `jukihub …`, logged in by `token`."""
        own = {"HUB_TOKEN": token} if token else {}
        return await asyncio.to_thread(lambda: self.processes.command(*words, given=given, **own))

    async def token(self, name: str, duty: Duty) -> str:
        """A new colleague's token."""
        person = await accounts.add(self.hub, name, frozenset({duty}), FIRST, datetime.now(UTC))
        return (await tokens.new(self.hub, person.id, "test", tokens.LONGEST, datetime.now(UTC)))[1]


def notice(act: str, **stated: Any) -> dict[str, Any]:
    """A notice as the counter takes it, with a receipt of its own."""
    return {"receipt": f"duty-{next(_drawn)}", "act": act, "notified_on": TODAY, **stated}


def as_lines(*values: Any) -> str:
    """JSON, one object per line."""
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def day(after: int) -> str:
    """A day from today on."""
    return (date.fromisoformat(TODAY) + timedelta(days=after)).isoformat()


@asynccontextmanager
async def opened(world: World, folder: Path) -> AsyncIterator[Hall]:
    """The hall with everything running, until the block is left."""
    processes = Processes(world.env, folder)
    try:
        _start(world, processes)
        async with AsyncExitStack() as held:
            hub = await held.enter_async_context(connect(world.settings.database, 4))
            registry = await held.enter_async_context(connect(world.settings.registry_dsn, 4))
            await accounts.first(hub, "root", FIRST, datetime.now(UTC))
            readers = {name: await held.enter_async_context(_ear(world, name)) for name in world.book.contracts}
            yield Hall(world, processes, registry, hub, KeyStore(hub, wrapper(world.settings)), readers)
    finally:
        processes.stop()


def _start(world: World, processes: Processes) -> None:
    key = processes.folder / DIGEST_KEY
    key.touch(mode=0o600)
    key.write_text(secrets.token_hex(32), encoding="ascii")
    outside = [name for name, one in world.book.contracts.items() if one.via in ADAPTERS]
    processes.standins(outside, {"prefecture": ["--digest-key-file", str(processes.folder / DIGEST_KEY)]})
    for name in ("relay", "router", "ledger"):
        processes.hub(name, name)
    processes.hub("deliver", "deliver", *(word for name in outside for word in ("--contract", name)))


def _ear(world: World, name: str) -> Any:
    topic = topics.disclosures(world.settings.prefix, name)
    return bus.reader(world.settings, reader_of(world.book.contracts[name]), topic, range(world.settings.partitions))
