"""A city with people in its office: real processes, real servers, and who types which command."""

import json
import subprocess
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from argon2 import PasswordHasher

from hub import accounts, bus, envelope, passwords, tokens, topics
from hub.bus import Outgoing
from hub.database import Database, connect
from hub.keys import CHANGES, KeyStore
from hub.people import Duty
from hub.pseudonym import Pseudonyms
from hub.seal import Place, Sheet, seal
from hub.wrapping import wrapper
from tests import people
from tests.house import World
from tests.integration.replay.desk import resident_of
from tests.processes import Processes

DUTIES = {
    "abe": [Duty.VIEWER], "ito": [Duty.VIEWER, Duty.OPERATOR], "mori": [Duty.OPERATOR],
    "kato": [Duty.VIEWER, Duty.APPROVER], "ueda": [Duty.AUDITOR],
}  # fmt: skip
PASSWORD = "three blue birds fly"


@dataclass
class City:
    """What happens, and what people type."""

    world: World
    database: Database
    writer: bus.Writer
    processes: Processes
    tokens: Mapping[str, str]
    keys: KeyStore
    residents: Pseudonyms
    records: dict[int, dict[str, Any]] = field(default_factory=dict)

    async def relocate(self, *residents: int) -> list[UUID]:
        """転居 of each, one after another in one batch; the ids of the Changes."""
        found, batches = [], {}
        for resident in residents:
            before = self.records.get(resident, people.record(resident))
            after = before | {"address": {"text": f"架空市西町{len(found) + time.time_ns() % 10**6}番地"}}
            self.records[resident] = after
            change, version = uuid4(), time.time_ns() // 1000
            content = people.line(
                "RELOCATE", before, after, id=str(change), resident=str(resident_of(resident)), version=version,
                recorded_at=datetime.now(UTC).isoformat(),
            )  # fmt: skip
            place, record = await self._sealed(resident, content)
            batches.setdefault(place, []).append(record)
            found.append(change)
        await self.writer.send(batches)
        return found

    async def _sealed(self, resident: int, content: bytes) -> tuple[tuple[str, int], Outgoing]:
        settings, who = self.world.settings, resident_of(resident)
        own = self.residents.of([who])[0]
        topic, part = topics.changes(settings.prefix), who.int % settings.partitions
        key = await self.keys.content_key(CHANGES, datetime.now(UTC).date())
        token = seal(key, Place(CHANGES, topic, part), "", 0, [Sheet(0, "", content, own)])[0]
        return (topic, part), Outgoing(own, token, envelope.CHANGE, int(time.time() * 1000))

    def types(self, person: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`jukihub …`, typed by one of the people."""
        return self.processes.command(*arguments, HUB_TOKEN=self.tokens[person])

    def begins(self, person: str, *arguments: str) -> subprocess.Popen[str]:
        """The same, and nobody waits for its end."""
        return self.processes.beginning(*arguments, HUB_TOKEN=self.tokens[person])

    def sees(self, person: str, *arguments: str) -> Any:
        """What a command says with --json; it has to be done."""
        done = self.types(person, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@asynccontextmanager
async def city(world: World, processes: Processes) -> AsyncIterator[City]:
    """Counterparts, router, ledger and the hand-over to the prefecture; the people have their accounts."""
    processes.standins()
    async with connect(world.settings.database) as database, bus.writer(world.settings, "relay") as writer:
        known = await _people(database)
        processes.hub("router", "router")
        processes.hub("ledger", "ledger")
        processes.hub("deliver", "deliver", "--contract", "prefecture")
        keys = KeyStore(database, wrapper(world.settings))
        yield City(world, database, writer, processes, known, keys, Pseudonyms(await keys.pseudonym_key(CHANGES)))


async def _people(database: Database) -> dict[str, str]:
    now, before = datetime.now(UTC), passwords._HASHER
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # what it costs is not the point
    try:
        await accounts.first(database, "root", PASSWORD, now)
        return {name: await _token(database, name, duties, now) for name, duties in DUTIES.items()}
    finally:
        passwords._HASHER = before


async def _token(database: Database, name: str, duties: Sequence[Duty], now: datetime) -> str:
    person = await accounts.add(database, name, frozenset(duties), PASSWORD, now)
    return (await tokens.new(database, person.id, "test", timedelta(days=1), now))[1]
