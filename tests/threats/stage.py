"""What somebody finds who has the broker, the disks or a backup: one world, told of marked residents on a day before.

Marked residents are told of by the router on a day that is over, and one more lies in quarantine; one contract's inbox
has taken in what lies on a partition. Everything that anybody could carry away from before is carried away then.
"""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import orjson
from joserfc.jwk import ECKey

from consumers.inbox import Inbox
from consumers.opening import Opener
from contracts.change import JAPAN
from hub import books, bus, topics
from hub.bus import Outgoing
from hub.clock import now
from hub.config import Settings
from hub.database import Database, connect
from hub.envelope import CHANGE
from hub.granting import recipient, sealed_to
from hub.keys import CHANGES, KeyStore
from hub.owners import Tenure
from hub.pseudonym import Pseudonyms
from hub.router import slot
from hub.seal import Place, Sheet, seal
from hub.wrapping import wrapper
from infra.postgres.account import program
from tests.house import House, World, made_world
from tests.people import line, record

TOLD, TAKEN = "child-policy", "prefecture"
"""Read by its department from its topic; taken in by an inbox of ours."""
NAME, STREET = "標識烏有髙橋Q7ZKX", "標識架空通り八千番地W9VJY"
MARKS = (NAME, STREET)
ON_ZERO, ON_ONE, PARKED = 5, 2, 1
BACKUP_DAYS = 30
FIRST_KEK = "file-1"


@dataclass(frozen=True, repr=False)
class Stage:
    """A world in which something was told, and what was carried away from it before anything else happened."""

    world: World
    then: datetime
    residents: tuple[UUID, ...]
    private: bytes
    keks: Mapping[str, bytes] = field(default_factory=dict)
    granted: bytes = b""
    backup: bytes = b""
    disk: bytes = b""

    @property
    def settings(self) -> Settings:
        return self.world.settings

    @property
    def day(self) -> date:
        return self.then.astimezone(JAPAN).date()

    def keks_there(self) -> dict[str, bytes]:
        """Whoever has the folder of the KEKs has these."""
        folder = Path(self.settings.kek.removeprefix("file:"))
        return {FIRST_KEK if one.name == "kek" else one.name: one.read_bytes() for one in folder.iterdir()}

    def topic(self, contract: str) -> str:
        return topics.disclosures(self.settings.prefix, contract)

    def segments(self) -> bytes:
        """All that the broker has of this world on its disk."""
        data = self.world.house.kafka_data
        files = [file for file in data.rglob("*") if file.is_file() and self.settings.prefix in file.parent.name]
        return b"".join(file.read_bytes().rstrip(b"\0") for file in sorted(files))

    def dump(self) -> bytes:
        """What an operator does every night."""
        command = [program("pg_dump"), "--no-owner", "-n", "hub", "-n", "inbox", self.settings.database]
        return subprocess.run(command, capture_output=True, check=True).stdout

    async def files(self) -> bytes:
        """What the disk of the database has of ours."""
        async with connect(self.world.house.postgres, 1) as admin:
            await admin.execute("CHECKPOINT")
            name = self.settings.database.split("?", 1)[0].rsplit("/", 1)[1]
            oid = await admin.fetchval("SELECT oid FROM pg_database WHERE datname = $1", name)
        folder = self.world.house.postgres_data
        (base,) = [one for one in folder.rglob(f"base/{oid}") if one.is_dir()]
        return b"".join(file.read_bytes() for file in sorted(base.iterdir()) if file.is_file())


@contextmanager
def staged(house: House, folder: Path) -> Iterator[Stage]:
    """The stage, gone when the block is left."""
    residents = [UUID(int=4 * n, version=4) for n in range(1, ON_ZERO + 1)]
    residents += [UUID(int=4 * n + 1, version=4) for n in range(1, ON_ONE + PARKED + 1)]
    with made_world(house, folder / "data", contracts=(TOLD, TAKEN)) as world:
        own = world.settings.model_copy(update={"kek": f"file:{folder / 'keks'}", "backup_days": BACKUP_DAYS})
        then = now() - timedelta(days=1)
        private = orjson.dumps(ECKey.generate_key("P-256").as_dict(private=True))
        yield asyncio.run(_told(Stage(replace(world, settings=own), then, tuple(residents), private)))


async def _told(stage: Stage) -> Stage:
    """Everything is told; what can be carried away is."""
    async with connect(stage.settings.database) as database:
        await books.remember(database, stage.world.book, stage.then)
        keys = KeyStore(database, wrapper(stage.settings))
        await _published(stage, keys)
        await _routed(stage, database, keys)
        async with inbox(stage, database, (1,)) as taking:
            while await database.fetchval("SELECT count(*) FROM inbox.disclosures") < ON_ONE:
                await taking.once()
        public = orjson.dumps(ECKey.import_key(orjson.loads(stage.private)).as_dict(private=False))
        granted = sealed_to(recipient(public), await keys.content_keys(TOLD)).encode()
    return replace(stage, keks=stage.keks_there(), granted=granted, backup=stage.dump(), disk=await stage.files())


async def _published(stage: Stage, keys: KeyStore) -> None:
    """As the relay does; the last resident has something unreadable before."""
    residents, key = Pseudonyms(await keys.pseudonym_key(CHANGES)), await keys.content_key(CHANGES, stage.day)
    topic, parts = topics.changes(stage.settings.prefix), stage.settings.partitions
    sent: dict[tuple[str, int], list[Outgoing]] = {}
    for n, (resident, own) in enumerate(zip(stage.residents, residents.of(stage.residents), strict=True), 1):
        part = resident.int % parts
        [token] = seal(key, Place(CHANGES, topic, part), "", 0, [Sheet(0, "", _moved(n, resident), own)])
        before = [b"not sealed"] if n == len(stage.residents) else []
        sent.setdefault((topic, part), []).extend(Outgoing(own, one, CHANGE, stamp()) for one in (*before, token))
    async with bus.writer(stage.settings, "relay") as writer:
        await writer.send(sent)


def _moved(n: int, resident: UUID) -> bytes:
    """A marked resident moves."""
    named = {"name": NAME, "address": {"text": "架空市元町"}}
    own = {"id": f"01930000-0000-7000-8000-{n:012d}", "resident": str(resident), "version": 1_775_092_500_000_000 + n}
    return line("RELOCATE", record(n, **named), record(n, **named | {"address": {"text": STREET}}), **own)


def stamp() -> int:
    """The time of a record."""
    return int(now().timestamp() * 1000)


async def _routed(stage: Stage, database: Database, keys: KeyStore) -> None:
    tenure, done = Tenure(database, stage.settings, range(stage.settings.partitions)), 0
    async with slot(stage.settings, stage.world.book, keys, tenure, lambda: stage.then) as router:
        while done < len(stage.residents) + PARKED:
            done += await router.once()


@asynccontextmanager
async def inbox(stage: Stage, database: Database, parts: Sequence[int]) -> AsyncIterator[Inbox]:
    keys, topic = KeyStore(database, wrapper(stage.settings)), stage.topic(TAKEN)
    async with bus.reader(stage.settings, f"deliver-{TAKEN}", topic, parts) as reader:
        opener = Opener(keys, TAKEN, topic, books.ContractHashes(database, TAKEN))
        yield Inbox(database, reader, opener, TAKEN, parts, now)
