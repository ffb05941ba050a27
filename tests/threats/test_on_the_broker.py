"""Somebody who has the broker, the disks or a backup tries what can be tried; on a real Kafka and a real PostgreSQL.

What is there, and what was carried away from before, is told in stage.py.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import orjson
import pytest
from confluent_kafka import OFFSET_END, TopicPartition
from confluent_kafka.admin import AdminClient

from contracts.change import JAPAN
from hub import archive, bus, destroyed, metrics, positions, topics
from hub.archive import Archiver
from hub.bench.proving import line
from hub.broker_admin import connection
from hub.bus import Incoming, Outgoing
from hub.clock import now
from hub.database import Database, connect
from hub.envelope import DISCLOSURE
from hub.erasure import Eraser, Wish
from hub.errors import DatabaseError, JukiError, KeyDestroyed
from hub.kek.keeping import DESTROY, ROTATE, Keeper
from hub.keys import CHANGES, KeyStore
from hub.people import Duty
from hub.retention import certificates
from hub.run import check_sequences
from hub.seal import ContentKey, Place, Sheet, header, seal
from hub.tokens import bearer
from hub.wrapping import wrapper
from tests.house import PARTITIONS
from tests.office import Office, cheap_passwords
from tests.people import record
from tests.threats.stage import (
    BACKUP_DAYS,
    FIRST_KEK,
    MARKS,
    NAME,
    ON_ONE,
    ON_ZERO,
    PARKED,
    TAKEN,
    TOLD,
    Stage,
    inbox,
    stamp,
)
from tests.threats.thief import Loot, Thief, found
from tests.traces import found_in

BESIDE_ITEMS = {"id", "contract", "version", "recorded_at", "state", "protected"}
"""What a disclosure says of itself."""


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


@pytest.mark.threat("C1", "S5")
def test_a_stolen_private_key_opens_what_its_own_contract_was_told_and_nothing_else(stage: Stage) -> None:
    everything = found(stage.segments()) | found(stage.backup) | found(stage.disk)
    assert Thief(privates=[stage.private]).opens(everything) == [], "what was granted is kept nowhere"
    opened = [json.loads(one) for one in Thief(privates=[stage.private]).opens(everything | found(stage.granted))]
    assert [one["contract"] for one in opened] == [TOLD] * (ON_ZERO + ON_ONE)
    permitted = stage.world.book.contracts[TOLD].permitted(stage.day)
    assert [one for one in opened if tuple(one["items"]) != permitted] == []
    assert {key for one in opened for key in one} == BESIDE_ITEMS | {"items"}
    assert {*record()} - {*permitted, "protected"}, "the register knows more"


@pytest.mark.threat("B2", "B3", "B4")
@pytest.mark.trap("input-23", "C5", "C6")
async def test_what_the_brokers_administrator_moves_swaps_repeats_takes_away_or_forges_is_named(stage: Stage) -> None:
    own = sorted(await _records(stage, TAKEN, 0), key=lambda one: header(one.value)["seq"])
    others, elsewhere = await _records(stage, TOLD, 0), await _records(stage, TAKEN, 1)
    _taken_away(stage, TopicPartition(own[2].topic, own[2].partition, own[2].offset))
    async with bus.writer(stage.settings, "admin") as writer:
        await writer.send({(stage.topic(TAKEN), 0): [_put(*one) for one in _attacks(own, others, elsewhere)]})
    async with connect(stage.settings.database) as database, inbox(stage, database, (0,)) as taking:
        end = (await bus.ends(stage.settings, f"deliver-{TAKEN}", [stage.topic(TAKEN)]))[stage.topic(TAKEN)][0]
        while await database.fetchval("SELECT max(next_offset) FROM inbox.offsets WHERE partition = 0") != end:
            await taking.once()
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
    return Outgoing(key, value, DISCLOSURE, stamp())


async def _records(stage: Stage, contract: str, part: int) -> list[Incoming]:
    principal = f"subscriber-{contract}" if contract == TOLD else f"deliver-{contract}"
    async with bus.reader(stage.settings, principal, stage.topic(contract), [part]) as reader:
        return await reader.read_to_end()


def _taken_away(stage: Stage, *places: TopicPartition) -> None:
    """What lies before these offsets is gone."""
    admin = AdminClient(connection(stage.settings.kafka, stage.settings.secrets_dir, "admin"))
    for answer in admin.delete_records([*places]).values():
        answer.result()


@pytest.mark.threat("B6")
async def test_a_forged_line_of_the_ledger_is_believed_under_the_next_number_and_stops_router_and_archive(
    stage: Stage,
) -> None:
    """Open: who archives believes it. A router that starts is told more than it has told, and refuses; under a number
    that is left out it is alarmed; and with the router's own line of that number the archive stops."""
    missing, parts, own = metrics.LEDGER_HOLES.labels(TOLD)._value.get, range(PARTITIONS), ON_ZERO + ON_ONE
    async with (
        connect(stage.settings.database) as database,
        bus.reader(stage.settings, archive.PRINCIPAL, topics.ledger(stage.settings.prefix), parts) as reader,
    ):
        archiver, before, routed = Archiver(database, reader, parts), missing(), await _sequences(stage)
        await archiver.resume()
        await _archived(database, archiver, own)
        check_sequences(routed, await archive.last_sequences(database))
        for count, seq in ((1, ON_ZERO + 1), (2, ON_ZERO + 3)):
            await _forged(stage, count, seq)
            await _archived(database, archiver, own + count)
            assert ((await archive.last_sequences(database))[TOLD, 0], missing() - before) == (seq, count - 1)
            with pytest.raises(JukiError, match="sequence-lost"):
                check_sequences(routed, await archive.last_sequences(database))
        await _forged(stage, 3, ON_ZERO + 1)
        with pytest.raises(DatabaseError, match="sqlstate-23505"):
            await _archived(database, archiver, own + 3)


async def _sequences(stage: Stage) -> dict[int, dict[str, int]]:
    """The last number of every contract that the router has committed, by partition."""
    found = await bus.committed(stage.settings, "router", topics.router_group(stage.settings.prefix))
    return {part: positions.decode(at.metadata, "") for (_, part), at in found.items()}


async def _archived(database: Database, archiver: Archiver, count: int) -> None:
    while await database.fetchval("SELECT count(*) FROM hub.ledger") < count:
        await archiver.once()


async def _forged(stage: Stage, n: int, seq: int) -> None:
    """A line as the router writes it, of a Change that never was."""
    made = orjson.loads(line(n, 1))
    made["told"][0] |= {"contract": TOLD, "seq": seq}
    await _written(stage, topics.ledger(stage.settings.prefix), orjson.dumps(made))


async def _written(stage: Stage, topic: str, value: bytes) -> None:
    async with bus.writer(stage.settings, "admin") as writer:
        await writer.send({(topic, 0): [Outgoing(None, value, (), stamp())]})


@pytest.mark.threat("B7")
@pytest.mark.trap("C12")
async def test_a_destroyed_key_stays_destroyed_without_the_journal_unless_a_backup_is_restored_as_well(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open: the last word. A journal that is spoilt instead lets nobody open anything."""
    cheap_passwords(monkeypatch)
    day, journal = stage.day - timedelta(days=1), topics.erasures(stage.settings.prefix)
    everywhere = [TopicPartition(journal, part, OFFSET_END) for part in range(PARTITIONS)]
    async with connect(stage.settings.database) as database:
        kid = (await KeyStore(database, wrapper(stage.settings)).content_key(TOLD, day)).kid
        backup = await database.fetch("SELECT kid, owner, purpose, wrapped, kek FROM hub.keys WHERE kid = $1", kid)
        sato, abe = [await _hired(stage, database, *one) for one in (("sato", Duty.OPERATOR), ("abe", Duty.APPROVER))]
        await abe[0].approve((await sato[0].ask(Wish(TOLD, day), "it is time")).id)
        assert kid in [each for one in await destroyed.journal(stage.settings, "router") for each in one.kids]
        _taken_away(stage, *everywhere)
        started = await destroyed.keys(stage.settings, database, "router")
        for asked in (started.by_kid(kid), started.content_key(TOLD, day)):
            with pytest.raises(KeyDestroyed):
                await asked
        await _written(stage, journal, b"{}")
        with pytest.raises(JukiError, match="erasure-unreadable"):
            await destroyed.keys(stage.settings, database, "router")
        _taken_away(stage, *everywhere)
        await _restored(database, backup)
        assert (await (await destroyed.keys(stage.settings, database, "router")).by_kid(kid)).kid == kid


async def _restored(database: Database, backup: Sequence[Mapping[str, Any]]) -> None:
    """The keys as a backup has them that knows of no destruction."""
    await database.execute("ALTER TABLE hub.erased_keys DISABLE TRIGGER append_only")
    for row in backup:
        await database.execute("DELETE FROM hub.erased_keys WHERE kid = $1", row["kid"])
        await database.execute(
            "INSERT INTO hub.keys (kid, owner, purpose, wrapped, kek) VALUES ($1, $2, $3, $4, $5)", *row.values()
        )
    await database.execute("ALTER TABLE hub.erased_keys ENABLE TRIGGER append_only")


@pytest.mark.threat("K2", "O3")
@pytest.mark.trap("C12", "K7")
async def test_no_combination_opens_a_planted_record(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are destroyed, then the KEK is replaced and destroyed: whatever is put together opens nothing any more,
    unless it has both a copy of the database from before and the KEK of then. The certificate says until when that
    is: the day on which such copies are given up, or the destruction of that KEK, whichever comes first.

    The limit: with its private key and what was granted to it a subscriber opens what it was told, wherever that lies,
    until it destroys its own copy of those keys. The certificate says that they are not reached.
    """
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
        "granted to it": found(stage.granted),
    }  # fmt: skip
    lying = {name for name, part in parts.items() if isinstance(part, Loot) and _is_told(part)}
    every = [{*some} for count in range(len(parts) + 1) for some in combinations(parts, count)]
    opening = [some for some in every if _open(parts, some)]
    assert opening == [
        some for some in every
        if ("KEK of then" in some and some & {"backup from before", "files from before"})
        or ({"subscriber's key", "granted to it"} <= some and some & lying)
    ]  # fmt: skip
    assert (len(every), "the broker's files" in lying, FIRST_KEK in keks) == (512, True, False)
    ended = datetime.fromisoformat(certificate["ended_at"]).astimezone(JAPAN).date()
    assert certificate["reach"] == {
        "backups_kept_days": BACKUP_DAYS, "backups_until": str(ended + timedelta(days=BACKUP_DAYS)),
        "or_when_destroyed": [FIRST_KEK],
    }  # fmt: skip
    assert certificate["not_reached"] == ["copies-of-subscribers"]


def _is_told(part: Loot) -> bool:
    """Whether a token of the subscriber's lies there, as its header says, which is not sealed."""
    return any(f'"kid":"{TOLD}.'.encode() in urlsafe_b64decode(one.split(b".")[0] + b"==") for one in part.tokens)


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
