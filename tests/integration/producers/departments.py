"""Departments that keep a copy of what they are told: by their topic, by REST, by files.

Of the hub's they use the subscribers' library and nothing else; the one with files reads with infra/examples. The copy
is a table of one line per resident, as told last, in which a test may do what a slip or a restore does.
"""

import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
from joserfc.jwk import ECKey, OctKey

from consumers.files.command import Desk
from consumers.files.reading import Reading
from consumers.files.writing import Writer, end_of, one_writer, until
from consumers.overtake import Scout
from consumers.settle import Settler
from consumers.subscribe import RESIDENT, Compared, Disclosure, Place, digests
from consumers.subscribe.__main__ import main
from consumers.subscribe.order import sort
from consumers.subscribe.own import Own
from consumers.subscribe.token import Record, opened
from contracts.change import JAPAN
from contracts.columns import Columns
from hub.granting import grant
from hub.stops import Stops
from tests.inputs.memory import BOOK
from tests.integration.producers.post import Town, inbox_of, opener_of, opener_topic
from tests.integration.pull import program
from tests.office import Office
from tests.store import subscriber

IDENTIFIER = "atena_no"
TABLE = "CREATE TABLE IF NOT EXISTS copy (number text PRIMARY KEY, line text NOT NULL, earlier text)"
TAKE = """INSERT INTO copy VALUES ($1, $2)
ON CONFLICT (number) DO UPDATE SET earlier = copy.line, line = EXCLUDED.line"""


class Copy:
    """The department's own table."""

    def __init__(self, pool: Any) -> None:
        self.pool = pool

    async def take(self, held: Any, line: Mapping[str, Any], number: str) -> None:
        """Keep what was told last; who is gone is gone."""
        if line["state"] in ("left", "deleted"):
            await held.execute("DELETE FROM copy WHERE number = $1", number)
        else:
            await held.execute(TAKE, number, json.dumps(line))

    async def lines(self, held: Any) -> AsyncIterator[Any]:
        for row in await held.fetch("SELECT line FROM copy"):
            yield json.loads(row["line"])

    async def line(self, number: str) -> str:
        return str(await self.pool.fetchval("SELECT line FROM copy WHERE number = $1", number))

    async def put(self, number: str, line: str) -> None:
        """Whatever is there, it says this now."""
        await self.pool.execute(TAKE, number, line)

    async def forget(self, number: str) -> None:
        await self.pool.execute("DELETE FROM copy WHERE number = $1", number)

    async def back(self, number: str) -> None:
        """As it was told before the last time."""
        await self.pool.execute("UPDATE copy SET line = earlier WHERE number = $1", number)


class ByTopic:
    """A department with the subscribers' library."""

    name = "child-policy"

    def __init__(self, town: Town, copy: Copy) -> None:
        self.town, self.copy, self.topic = town, copy, opener_topic(self.name)
        self.own = Own(copy.pool, self.topic)
        self.names = (*BOOK.contracts[self.name].items, "protected")

    async def read(self) -> None:
        """Take everything that lies there."""
        mark = (await self.own.marks([0]))[0]
        records = self.town.way.records(self.name)[mark.next_offset or 0 :]
        keys = await Ring.of(self.town, self.name)
        found = [opened(Record(one.topic, Place(0, one.offset), one.key, one.value), self.name, keys)
                 for one in records]  # fmt: skip
        if found:
            await self.own.take(0, mark, sort(found, mark.last_seq), self._apply)

    async def _apply(self, held: Any, told: Disclosure) -> None:
        await self.copy.take(held, payload(told), told.items[IDENTIFIER])

    async def document(self, key: bytes, at: datetime, wanted: Sequence[str] = ()) -> bytes:
        """Its digests, as the library makes them."""
        compared = Compared(self.name, RESIDENT, self.names)
        return await digests(self.copy.pool, self.topic, compared, key, self.copy.lines, at, wanted)


class ByRest:
    """A department whose program fetches and acknowledges; it digests by the command."""

    name = "welfare"

    def __init__(self, town: Town, copy: Copy, city: program.City, mine: program.Program) -> None:
        self.town, self.copy, self.city, self.program = town, copy, city, mine
        self.names = (*BOOK.contracts[self.name].items, "protected")

    async def read(self) -> None:
        """Fetch and acknowledge until nothing more is there."""
        while await self.city.boxes[self.name].once(0):
            pass
        keys = await Ring.of(self.town, self.name)
        while items := (await self.program.page())["items"]:
            for one in items:
                record = Record(one["topic"], Place(one["partition"], one["offset"]), bytes.fromhex(one["key"]),
                                one["token"].encode())  # fmt: skip
                told = opened(record, self.name, keys)
                assert isinstance(told, Disclosure)
                await self.copy.take(self.copy.pool, payload(told), told.items[IDENTIFIER])
            assert (await self.program.acks(*[one["id"] for one in items])).status == 200

    async def document(self, key: bytes, at: datetime, wanted: Sequence[str] = ()) -> bytes:
        return await typed(self, key, at, wanted)


class ByFiles:
    """A department that reads its files with infra/examples; it digests by the command, by their columns."""

    name = "tax"

    def __init__(self, town: Town, copy: Copy) -> None:
        self.town, self.copy, self.store, self.taken = town, copy, MemoryStore(), 0
        self.inbox = inbox_of(town, opener_of(town), lambda: town.now)
        self.names: Sequence[str] = ()

    async def read(self) -> None:
        """The file of today is written, and every line of it is taken."""
        while await self.inbox.once(0):
            pass
        await self._written()
        private = ECKey.generate_key("P-256")
        granted = await grant(self.town.way.keys, self.name, private)  # type: ignore[arg-type]
        keys = subscriber.keys(granted, private.as_dict(private=True))
        there = {name.removeprefix(f"{self.name}/"): content for name, content in self.store.objects.items()}
        for _, said in subscriber.manifests(iter(there), there.get, self.name, self.taken):
            self.names, self.taken = said["columns"], said["number"]
            for row in subscriber.rows(said, there.get, keys):
                line = {name: value for name, value in row.items() if value is not subscriber.WITHHELD}
                await self.copy.take(self.copy.pool, line, row[IDENTIFIER])

    async def _written(self) -> None:
        town, contract, day = self.town, BOOK.contracts[self.name], self.town.now.astimezone(JAPAN).date()
        opener, settler = opener_of(town), Settler(town.hub, self.name, town.clock)
        columns = Columns(contract.permitted(day))
        reading = Reading(town.hub, self.name, opener, settler, columns)
        async with one_writer(town.hub, self.name) as held:
            writer = Writer(town.hub, held, self.store, town.way.keys, contract, reading, settler, town.clock,  # type: ignore[arg-type]
                            Stops(town.hub, contract))  # fmt: skip
            desk = Desk(town.hub, contract, reading, Scout(town.hub, contract, opener, settler), writer, columns,
                        lambda _done, _of: None)  # fmt: skip
            await desk.file("daily", day, lambda waiting: until(waiting, end_of(day)))

    async def document(self, key: bytes, at: datetime, wanted: Sequence[str] = ()) -> bytes:
        return await typed(self, key, at, wanted)


Department = ByTopic | ByRest | ByFiles


class MemoryStore:
    """Object storage in memory, with a Store's four verbs."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    async def put(self, name: str, content: bytes) -> None:
        self.objects[name] = content

    async def get(self, name: str) -> bytes | None:
        return self.objects.get(name)

    async def sizes(self, folder: str) -> dict[str, int]:
        return {name: len(content) for name, content in self.objects.items() if name.startswith(folder)}

    async def remove(self, names: Sequence[str]) -> None:
        for name in names:
            self.objects.pop(name, None)


class Ring:
    """The content keys of one contract."""

    def __init__(self, keys: Mapping[str, OctKey]) -> None:
        self._keys = keys

    @classmethod
    async def of(cls, town: Town, name: str) -> "Ring":
        return cls({one.kid: OctKey.import_key(one.key) for one in await town.way.keys.content_keys(name)})

    def find(self, kid: str) -> OctKey | None:
        return self._keys.get(kid)

    def destroyed(self, kid: str) -> bool:
        return False


def payload(told: Disclosure) -> dict[str, Any]:
    """What was under the seal, as far as a copy keeps it."""
    said = {"version": told.version, "state": told.state, "items": told.items, "protected": told.protected}
    return said | {RESIDENT: told.resident.hex()}


async def typed(department: ByRest | ByFiles, key: bytes, at: datetime, wanted: Sequence[str]) -> bytes:
    """What `python -m consumers.subscribe digests` writes of the copy."""
    lines = [json.dumps(line, ensure_ascii=False) async for line in department.copy.lines(department.copy.pool)]
    out, file = io.BytesIO(), department.town.settings.data / "digests.key"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(key.hex(), encoding="ascii")
    words = ["digests", department.name, "--key", str(file), "--named-by", IDENTIFIER,
             "--names", ",".join(department.names), "--buckets", ",".join(wanted)]  # fmt: skip
    main(words, io.StringIO("\n".join(lines)), out, at)
    return out.getvalue()


@asynccontextmanager
async def department(kind: str, town: Town) -> AsyncIterator[Department]:
    """The department of the town's contract, by the way in which it is told."""
    async with asyncpg.create_pool(town.settings.database, min_size=1, max_size=2) as pool:
        await pool.execute(TABLE)
        copy = Copy(pool)
        if kind != ByRest.name:
            yield ByTopic(town, copy) if kind == ByTopic.name else ByFiles(town, copy)
            return
        office = Office(town.hub, town.settings, town.now)
        async with program.opened(office, own_keys=town.way.keys) as city:
            name = opener_topic(kind)
            city.told[kind].records = {0: town.way.broker.records.setdefault((name, 0), [])}
            yield ByRest(town, copy, city, await city.program(kind))
