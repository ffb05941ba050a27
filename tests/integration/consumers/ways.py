"""Every way of handing over, driven in one manner: a real inbox, and whoever takes what is told in this very process.

A counterpart outside is its stand-in's own application, on a port of this loop. A department is a program of its own
that reads its topic, fetches, or takes files; topic, keys and storage are in memory.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from aiohttp.test_utils import TestServer
from joserfc.jwk import OctKey

from consumers.adapters import ADAPTERS, Adapter
from consumers.adapters.http import Line
from consumers.disclosure import Disclosure
from consumers.opening import Opener
from consumers.overtake import Scout
from consumers.pull import pages
from consumers.pull.acknowledge import Code, acknowledge, wanted
from consumers.subscribe import Access, Place, Subscription
from consumers.subscribe import Disclosure as Heard
from consumers.subscribe.own import Own
from consumers.subscribe.token import Record, opened
from hub.database import Database
from hub.errors import DatabaseError, DependencyUnavailable, JukiError
from tests.conformance.counterparts import module
from tests.conformance.samples import IDENTIFIER, disclosure
from tests.fakes import MemoryContracts, MemoryKeys
from tests.integration.consumers import filed
from tests.integration.consumers.line import HandOver
from tests.integration.consumers.test_subscribe import FRESH, MemoryFeed

_NOTHING = (
    "TRUNCATE inbox.offsets, inbox.disclosures, inbox.residents, inbox.gaps, inbox.files, hub.confirming "
    "RESTART IDENTITY"
)
_TRIES, _MOST = 3, 50
"""How often somebody tries again who was cut off, and how many a program fetches."""


class Way(ABC):
    """One contract by one way. `errors`: the text of whatever was raised on it."""

    def __init__(self, line: HandOver) -> None:
        self.line = line
        self.errors: list[str] = []
        self.told: dict[str, tuple[int, Disclosure]] = {}
        self.refused: set[str] = set()
        self.is_away = False
        self._sees_with(MemoryKeys())

    def _sees_with(self, keys: MemoryKeys) -> None:
        line, self.keys = self.line, keys
        line.keys = keys  # type: ignore[assignment]
        line.opener = Opener(line.keys, line.contract.id, line.topic.name, MemoryContracts(line.contract.hash))
        line.scout = Scout(line.database, line.contract, line.opener, line.settler)
        self.restart()

    async def tell(self, resident: int, nth: int = 1, **wrong: Any) -> str:
        """The nth disclosure of a resident lies on the topic; its id. `wrong`: as for `HandOver.sealed`."""
        said = self.saying(resident, nth)
        self.told[str(said.id)] = resident, said
        self.line.put(await self.line.sealed(said, resident, **wrong))
        return str(said.id)

    async def tell_refused(self, resident: int, nth: int) -> str:
        """One that its receiver will not have."""
        self.refused.add(name := await self.tell(resident, nth))
        return name

    def saying(self, resident: int, nth: int) -> Disclosure:
        return filed.told(resident, nth)

    def again(self) -> None:
        """What lies on the topic lies there once more."""
        self.line.put(*self.line.topic.records[0])

    async def arrive(self) -> None:
        """What lies on the topic is in the inbox."""
        while await self.line.inbox.once(0):
            pass

    @abstractmethod
    async def carry(self) -> None:
        """Everything that can arrive has arrived."""

    @abstractmethod
    async def taken(self) -> list[str]:
        """What has had its effect there, in order."""

    async def letters(self) -> dict[str, str]:
        """Dead letters: id and code."""
        return {str(row["id"]): row["code"] for row in await self.line.rows() if row["state"] == "dead"}

    def restart(self) -> None:
        """Our process is another one."""
        self.line.inbox = self.line.new_inbox()

    def go_away(self) -> None:
        self.is_away = True

    def come_back(self) -> None:
        self.is_away = False

    def lose_one(self) -> None:
        """The next effect is not noted, as if the process had died in between."""
        self.line.settler._told = _lost_once(self.line.settler._told)  # type: ignore[method-assign]

    def destroy(self, day: date) -> None:
        """The key of a day is destroyed, by order."""
        self.keys.destroyed.add(f"{self.line.contract.id}.{day.isoformat()}")


def _lost_once(real: Callable[..., Any]) -> Callable[..., Any]:
    lost: list[bool] = []

    async def settle(*given: Any) -> Any:
        if not lost:
            lost.append(True)
            raise DatabaseError("connection-lost")
        return await real(*given)

    return settle


@dataclass
class Counterpart:
    """What a line is told of a counterpart."""

    adapter: Adapter
    line: Line


class Outside(Way):
    """A counterpart outside: the real adapter, and its stand-in."""

    def __init__(self, database: Database, via: str, counterpart: Counterpart, standin: Any) -> None:
        self.via, self.standin = via, standin
        super().__init__(HandOver(database, via, counterpart))

    def saying(self, resident: int, nth: int) -> Disclosure:
        return disclosure(self.via, resident, nth=nth)

    async def tell_refused(self, resident: int, nth: int) -> str:
        subject = self.saying(resident, nth).items[IDENTIFIER[self.via]]
        self.standin.faults.switch({"fault": "refuse-many", "subjects": [subject], "code": "見本 is unknown"})
        return await self.tell(resident, nth)

    async def carry(self) -> None:
        await self.arrive()
        await self.line.work(self._is_quiet)

    async def _is_quiet(self) -> bool:
        await self.line.settler.hurry()
        rows = await self.line.rows()
        stopped = {row["subject"] for row in rows if row["state"] == "dead"}
        open_ = [row for row in rows if row["state"] == "waiting" and row["subject"] not in stopped]
        return not open_ or (self.is_away and any(row["attempts"] for row in open_))

    async def taken(self) -> list[str]:
        return [told.id for told in self.standin.memory.told]

    def restart(self) -> None:
        super().restart()
        self.line.deliverer = self.line.new_deliverer()

    def go_away(self) -> None:
        super().go_away()
        self.standin.faults.switch({"fault": "down", "how": "503"})

    def come_back(self) -> None:
        super().come_back()
        self.standin.faults.switch({"fault": "clear"})
        self.restart()


@dataclass
class MemoryStorage:
    """Object storage with a Store's verbs."""

    objects: dict[str, bytes] = field(default_factory=dict)
    is_away: bool = False

    def store(self, _folder: str) -> "MemoryStorage":
        return self

    def _check(self) -> None:
        if self.is_away:
            raise DependencyUnavailable("store-unavailable", "HUB_FILES")

    async def put(self, name: str, content: bytes) -> None:
        self._check()
        self.objects[name] = content

    async def get(self, name: str) -> bytes | None:
        self._check()
        return self.objects.get(name)

    async def sizes(self, folder: str) -> dict[str, int]:
        self._check()
        return {name: len(content) for name, content in self.objects.items() if name.startswith(folder)}

    async def remove(self, names: list[str]) -> None:
        for name in names:
            self.objects.pop(name, None)


class Department(Way):
    """A department of the city."""

    line: filed.Filed

    def __init__(self, database: Database, via: str) -> None:
        self.storage = MemoryStorage()
        line = filed.Filed(database, self.storage, "")  # type: ignore[arg-type]
        line.contract = replace(line.contract, via=via)
        super().__init__(line)

    def find(self, kid: str) -> OctKey | None:
        """A subscriber's own keys."""
        key = None if self.destroyed(kid) else self.keys._content.get(kid)
        return OctKey.import_key(key.key) if key else None

    def destroyed(self, kid: str) -> bool:
        return kid in self.keys.destroyed


class Reading(Department):
    """By topic: the library of a subscriber, with its own database."""

    def __init__(self, database: Database, via: str, pool: Any) -> None:
        super().__init__(database, via)
        self._pool, self._loses = pool, False

    async def arrive(self) -> None:
        """It lies where it is read."""

    async def carry(self) -> None:
        for _ in range(_TRIES):
            try:
                reader = self._reader()
                while await reader.once(self._apply, 0):
                    pass
            except JukiError as failed:
                self.errors.append(f"{failed} {failed!r} {failed.__cause__!r}")

    async def taken(self) -> list[str]:
        return [row["name"] for row in await self._pool.fetch("SELECT name FROM taken ORDER BY ctid")]

    def lose_one(self) -> None:
        self._loses = True

    def _reader(self) -> Subscription:
        name = self.line.topic.name
        records = [Record(name, Place(0, at), one.key, one.value)
                   for at, one in enumerate(self.line.topic.records.get(0, []))]  # fmt: skip
        access = Access(self.line.contract.id, "", Path())
        return Subscription(access, self, MemoryFeed({0: records}), Own(self._pool, access.topic))  # type: ignore[arg-type]

    async def _apply(self, connection: Any, told: Heard) -> None:
        await connection.execute("INSERT INTO taken VALUES ($1, $2)", told.resident, str(told.id))
        loses, self._loses = self._loses, False
        if self.is_away or loses or str(told.id) in self.refused:
            raise ValueError(f"cannot: {told.items}")


class Fetching(Department):
    """By REST: a program that fetches, opens with its own keys, applies once, and acknowledges one by one."""

    def __init__(self, database: Database, via: str) -> None:
        super().__init__(database, via)
        self._taken: list[str] = []
        self._versions: dict[bytes, int] = {}

    async def carry(self) -> None:
        await self.arrive()
        await self.line.scout.once([])
        for _ in range(_MOST):
            page = await self._page()
            if self.is_away or not page.items:
                return
            await self._take(page.items[0])

    async def taken(self) -> list[str]:
        return self._taken

    async def _page(self) -> pages.Page:
        line = self.line
        return await pages.page(line.database, line.keys, line.settler, line.contract.id, line.topic.name, None, 100)

    async def _take(self, one: dict[str, Any]) -> None:
        place = Place(one["partition"], one["offset"])
        record = Record(one["topic"], place, bytes.fromhex(one["key"]), one["token"].encode())
        said = opened(record, self.line.contract.id, self)
        assert isinstance(said, Heard), "the hub hands out what does not open"
        refused = [(said.id, Code.NOT_ACCEPTED)] if str(said.id) in self.refused else []
        if not refused and said.version > self._versions.get(said.resident, 0):
            self._versions[said.resident] = said.version
            self._taken.append(str(said.id))
        line, words = self.line, wanted([] if refused else [said.id], refused, "R")
        try:
            await acknowledge(line.database, line.opener, line.settler, line.contract.id, words)
        except JukiError as failed:
            self.errors.append(f"{failed} {failed!r}")


class Filing(Department):
    """By files: one is written a day, and read with the subscriber's own reader."""

    async def tell_refused(self, resident: int, nth: int) -> str:
        """In no column is there a place for this."""
        said = filed.told(resident, nth, items={"address": "見本町一丁目"})
        self.told[str(said.id)] = resident, said
        self.line.put(await self.line.sealed(said, resident))
        return str(said.id)

    async def carry(self) -> None:
        await self.arrive()
        await self.line.scout.once([])
        for _ in range(_TRIES):
            self.line.now += timedelta(days=1)
            try:
                await self.line.daily(self.line.now.date())
            except JukiError as failed:
                self.errors.append(f"{failed} {failed!r}")

    async def taken(self) -> list[str]:
        here = MemoryStorage(self.storage.objects)  # whoever reads may be where the storage can be reached
        self.line.store, ours = here, self.line.store  # type: ignore[assignment]
        try:
            return await self.line.ids()
        finally:
            self.line.store = ours

    def go_away(self) -> None:
        super().go_away()
        self.storage.is_away = True

    def come_back(self) -> None:
        super().come_back()
        self.storage.is_away = False


@asynccontextmanager
async def way(via: str, database: Database, dsn: str) -> AsyncIterator[Way]:
    """One way, with nothing told yet. KeyError where nobody here knows how to walk it."""
    await database.execute(_NOTHING)
    if via in ADAPTERS:
        standin = module("standin")
        made = standin.Standin(standin.KINDS[via], None)
        async with TestServer(made.app()) as server, Line(str(server.make_url("/")).rstrip("/")) as line:
            yield Outside(database, via, Counterpart(ADAPTERS[via], line), made)
    elif via == "topic":
        async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
            await pool.execute(FRESH)
            yield Reading(database, via, pool)
    else:
        yield {"rest": Fetching, "csv": Filing}[via](database, via)


