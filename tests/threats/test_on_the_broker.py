"""Somebody who has the broker, the disks or a backup tries what can be tried; on a real Kafka and a real PostgreSQL.

Marked residents are told of by the router on a day that is over, and one more lies in quarantine; one contract's inbox
has taken in what lies on a partition. Everything that anybody could carry away from before is carried away then.
"""

import asyncio
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from joserfc.jwk import ECKey

from consumers.inbox import Inbox
from consumers.opening import Opener
from contracts.change import JAPAN
from hub import books, bus, topics
from hub.broker_admin import connection
from hub.bus import Incoming, Outgoing
from hub.clock import now
from hub.config import Settings
from hub.database import Database, connect
from hub.envelope import CHANGE, DISCLOSURE
from hub.erasure import Eraser, Wish
from hub.granting import recipient, sealed_to
from hub.kek.keeping import DESTROY, ROTATE, Keeper
from hub.keys import CHANGES, KeyStore
from hub.owners import Tenure
from hub.people import Duty
from hub.pseudonym import Pseudonyms
from hub.retention import certificates
from hub.router import slot
from hub.seal import ContentKey, Place, Sheet, header, seal
from hub.tokens import bearer
from hub.wrapping import wrapper
from infra.postgres.account import program
from tests.house import House, World, made_world
from tests.office import Office, cheap_passwords
from tests.people import line, record
from tests.threats.thief import Loot, Thief, found
from tests.traces import found_in

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


@pytest.fixture(scope="module")
def stage(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("threats")
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
        async with _inbox(stage, database, (1,)) as inbox:
            while await database.fetchval("SELECT count(*) FROM inbox.disclosures") < ON_ONE:
                await inbox.once()
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
        sent.setdefault((topic, part), []).extend(Outgoing(own, one, CHANGE, _ms()) for one in (*before, token))
    async with bus.writer(stage.settings, "relay") as writer:
        await writer.send(sent)


def _moved(n: int, resident: UUID) -> bytes:
    """A marked resident moves."""
    named = {"name": NAME, "address": {"text": "架空市元町"}}
    own = {"id": f"01930000-0000-7000-8000-{n:012d}", "resident": str(resident), "version": 1_775_092_500_000_000 + n}
    return line("RELOCATE", record(n, **named), record(n, **named | {"address": {"text": STREET}}), **own)


def _ms() -> int:
    return int(now().timestamp() * 1000)


async def _routed(stage: Stage, database: Database, keys: KeyStore) -> None:
    tenure, done = Tenure(database, stage.settings, range(stage.settings.partitions)), 0
    async with slot(stage.settings, stage.world.book, keys, tenure, lambda: stage.then) as router:
        while done < len(stage.residents) + PARKED:
            done += await router.once()


@asynccontextmanager
async def _inbox(stage: Stage, database: Database, parts: Sequence[int]) -> Any:
    keys, topic = KeyStore(database, wrapper(stage.settings)), stage.topic(TAKEN)
    async with bus.reader(stage.settings, f"deliver-{TAKEN}", topic, parts) as reader:
        opener = Opener(keys, TAKEN, topic, books.ContractHashes(database, TAKEN))
        yield Inbox(database, reader, opener, TAKEN, parts, now)


def marks_in(opened: Sequence[bytes]) -> set[str]:
    """The marks that somebody sees in what they have opened."""
    return {mark for mark, _ in found_in(b"".join(opened), MARKS)}


@pytest.mark.threat("B1", "O3", "K1")
def test_who_has_the_broker_and_every_disk_but_no_key_learns_nothing_of_a_person(stage: Stage) -> None:
    there = stage.segments()
    assert found_in(there, [*MARKS, *map(str, stage.residents)]) == set()
    assert [one for one in stage.residents if one.bytes in there] == []
    loot = found(there) | found(stage.backup) | found(stage.disk)
    assert (count := len(loot.tokens)) >= 3 * (ON_ZERO + ON_ONE) + PARKED, count
    assert Thief().opens(loot) == []
    assert marks_in(Thief(stage.keks).opens(loot)) == {*MARKS}, "the search can find"


@pytest.mark.threat("O1")
def test_the_files_of_the_hubs_database_hold_keys_and_tokens_and_nothing_of_a_person(stage: Stage) -> None:
    loot = found(stage.disk)
    assert (bool(loot.wrapped), bool(loot.tokens)) == (True, True), "the files were read"
    assert found_in(stage.disk, [*MARKS, *map(str, stage.residents)]) == set()


@pytest.mark.threat("C1")
def test_a_stolen_private_key_opens_what_its_own_contract_was_told_and_nothing_else(stage: Stage) -> None:
    everything = found(stage.segments()) | found(stage.backup) | found(stage.disk)
    assert Thief(privates=[stage.private]).opens(everything) == [], "what was granted is kept nowhere"
    opened = Thief(privates=[stage.private]).opens(everything | found(stage.granted))
    assert {json.loads(one)["contract"] for one in opened} == {TOLD}
    assert len(opened) == ON_ZERO + ON_ONE


@pytest.mark.threat("B2", "B3", "B4")
@pytest.mark.trap("input-23", "C5", "C6")
async def test_what_the_brokers_administrator_moves_swaps_repeats_takes_away_or_forges_is_named(stage: Stage) -> None:
    own = sorted(await _records(stage, TAKEN, 0), key=lambda one: header(one.value)["seq"])
    others, elsewhere = await _records(stage, TOLD, 0), await _records(stage, TAKEN, 1)
    _taken_away(stage, own[2])
    async with bus.writer(stage.settings, "admin") as writer:
        await writer.send({(stage.topic(TAKEN), 0): [_put(*one) for one in _attacks(own, others, elsewhere)]})
    async with connect(stage.settings.database) as database, _inbox(stage, database, (0,)) as inbox:
        end = (await bus.ends(stage.settings, f"deliver-{TAKEN}", [stage.topic(TAKEN)]))[stage.topic(TAKEN)][0]
        while await database.fetchval("SELECT max(next_offset) FROM inbox.offsets WHERE partition = 0") != end:
            await inbox.once()
        rows = await database.fetch("SELECT * FROM inbox.disclosures WHERE partition = 0 ORDER BY position")
        gaps = await database.fetch("SELECT partition, expected, found FROM inbox.gaps")
    assert [row["token"] for row in rows if row["state"] == "waiting"] == [one.value for one in own[2:]]
    assert [row["code"] for row in rows if row["state"] == "dead"] == [
        "foreign-token", "moved-token", "foreign-record-key", "altered-token", "altered-token", "not-a-token",
        "null-value",
    ]  # fmt: skip
    assert [tuple(gap.values()) for gap in gaps] == [(0, 1, 3)]


def _attacks(
    own: Sequence[Incoming], others: Sequence[Incoming], elsewhere: Sequence[Incoming]
) -> list[tuple[bytes | None, bytes | None]]:
    """Record key and value, one after the other: of another contract, of another partition, beside another key,
    repeated, altered, sealed under a key of the forger's own, in clear, and nothing at all."""
    first, second = own[2], own[3]
    claimed = header(second.value)
    mine = ContentKey.of(claimed["kid"], bytes(32))
    place, sheet = Place(TAKEN, claimed["sub_topic"], 0), Sheet(ON_ZERO + 1, str(UUID(int=7)), b"{}", second.key or b"")
    [forged] = seal(mine, place, claimed["ctr"], 1, [sheet])
    altered = bytes(second.value or b"")
    altered = altered[:-30] + (b"A" if altered[-30:-29] != b"A" else b"B") + altered[-29:]
    return [
        (others[0].key, others[0].value), (elsewhere[0].key, elsewhere[0].value), (second.key, first.value),
        (first.key, first.value), (second.key, altered), (second.key, forged), (first.key, NAME.encode()),
        (first.key, None),
    ]  # fmt: skip


def _put(key: bytes | None, value: bytes | None) -> Outgoing:
    return Outgoing(key, value, DISCLOSURE, _ms())


async def _records(stage: Stage, contract: str, part: int) -> list[Incoming]:
    principal = f"subscriber-{contract}" if contract == TOLD else f"deliver-{contract}"
    async with bus.reader(stage.settings, principal, stage.topic(contract), [part]) as reader:
        return await reader.read_to_end()


def _taken_away(stage: Stage, before: Incoming) -> None:
    """What lies before this record is gone."""
    admin = AdminClient(connection(stage.settings.kafka, stage.settings.secrets_dir, "admin"))
    place = TopicPartition(before.topic, before.partition, before.offset)
    for answer in admin.delete_records([place]).values():
        answer.result()


@pytest.mark.threat("K2", "O3")
@pytest.mark.trap("C12", "K7")
async def test_no_combination_opens_a_planted_record(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are destroyed, then the KEK is replaced and destroyed: whatever is put together opens nothing any more,
    unless it has both a copy of the database from before and the KEK of then. The certificate says until when that
    is: the day on which such copies are given up, or the destruction of that KEK, whichever comes first."""
    cheap_passwords(monkeypatch)
    async with connect(stage.settings.database) as database:
        ito, kato = [await _hired(stage, database, *one) for one in (("ito", Duty.OPERATOR), ("kato", Duty.APPROVER))]
        certificate = await _erased(ito, kato)
        since = stage.dump()
        await _rekeyed(ito, kato)
        after, keks = stage.dump(), stage.keks_there()
    parts = {
        "the broker's files": found(stage.segments()), "backup from before": found(stage.backup),
        "files from before": found(stage.disk), "dump since": found(since), "backup after": found(after),
        "KEK of then": stage.keks, "KEK of now": keks, "subscriber's key": [stage.private],
    }  # fmt: skip
    every = [{*some} for count in range(len(parts) + 1) for some in combinations(parts, count)]
    opening = [some for some in every if _open(parts, some)]
    assert opening == [
        some for some in every
        if "KEK of then" in some and some & {"backup from before", "files from before"}
    ]  # fmt: skip
    assert (len(every), len(opening), FIRST_KEK in keks) == (256, 96, False)
    ended = datetime.fromisoformat(certificate["ended_at"]).astimezone(JAPAN).date()
    assert certificate["reach"] == {
        "backups_kept_days": BACKUP_DAYS, "backups_until": str(ended + timedelta(days=BACKUP_DAYS)),
        "or_when_destroyed": [FIRST_KEK],
    }  # fmt: skip
    kept = Thief(privates=[stage.private]).opens(found(stage.segments()) | found(stage.granted))
    assert (marks_in(kept), certificate["not_reached"]) == ({*MARKS}, ["copies-of-subscribers"])


def _open(parts: Mapping[str, Any], some: set[str]) -> set[str]:
    loot, keks, privates = Loot(), dict[str, bytes](), list[bytes]()
    for part in (parts[name] for name in some):
        if isinstance(part, Loot):
            loot |= part
        elif isinstance(part, dict):
            keks |= part
        else:
            privates += part
    return marks_in(Thief(keks, privates).opens(loot))


Persons = tuple[Eraser, Keeper]


async def _hired(stage: Stage, database: Database, name: str, duty: Duty) -> Persons:
    office = Office(database, stage.settings, now())
    own = stage.settings, database, await bearer(database, await office.hired(name, duty), now()), now
    return Eraser(*own), Keeper(*own)


async def _erased(ito: Persons, kato: Persons) -> dict[str, Any]:
    """Whatever sealed a marked resident, by two persons; the certificate of the last order."""
    eraser, day = ito[0], (now() - timedelta(days=1)).astimezone(JAPAN).date()
    for owner in (CHANGES, TOLD, TAKEN):
        order = await eraser.ask(Wish(owner, day), "it is time")
        await kato[0].approve(order.id)
    issued = await certificates.issued(eraser.settings, eraser.database, order.id, now())
    said: dict[str, Any] = issued.document["certificate"]
    return said


async def _rekeyed(ito: Persons, kato: Persons) -> None:
    """A new KEK, and the end of the old one."""
    for what, kek in ((ROTATE, ""), (DESTROY, FIRST_KEK)):
        order = await ito[1].ask(what, kek, "it is time")
        await kato[1].approve(order.id, lambda _: None)
