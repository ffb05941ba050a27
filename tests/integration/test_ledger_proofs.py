"""Every archived line is a leaf, once; what is signed extends what was; an auditor can check it alone."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from contracts.errors import JukiError
from hub import accounts, config, confirmed, metrics, released, tokens
from hub.archive import Archiver
from hub.bench.proving import line
from hub.bus import Outgoing
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import DatabaseError
from hub.people import Duty
from hub.proofs import checkpoints, exporting, keeping, merkle, signing, tree
from hub.proofs.logs import LEDGER
from hub.proofs.note import Signer
from hub.proofs.verifying import verify
from hub.released import Released, Warrant
from tests.house import House, made_databases
from tests.integration.consumers.line import MemoryReader, MemoryTopic
from tests.office import FIRST, NOW, cheap_passwords, typed

SIGNER = Signer.new("juki-hub/test/ledger")
PARTS = (0, 1)
PLAN, ASKED, APPROVED = (UUID(int=n) for n in (1, 2, 3))


def told(n: int) -> tuple[UUID, UUID]:
    """Change and disclosure of a line."""
    read = orjson.loads(line(n, 1))
    return UUID(read["change"]), UUID(read["told"][0]["disclosure"])


def release(n: int) -> bytes:
    change, disclosure = told(n)
    again = Released(disclosure, change, bytes(16), "department-0", "h" * 64, "complete", ["name"], b"token")
    return released.line(Warrant(PLAN, ASKED, APPROVED), again, NOW)


def confirmation(n: int) -> bytes:
    row = {"disclosure": told(n)[1], "contract": "department-0", "what": "erased", "receipt_sha256": bytes(32),
           "confirmed_at": NOW}  # fmt: skip
    return confirmed.line(row)


class Ledger:
    """The topic of the ledger in memory, and the archive of it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.topic = MemoryTopic("juki.ledger", {part: [] for part in PARTS})

    def put(self, *lines: bytes, part: int = 0) -> None:
        self.topic.records[part] += [Outgoing(b"", one, (), 1) for one in lines]

    async def archived(self, archivers: int = 1) -> None:
        made = [Archiver(self.database, MemoryReader(self.topic), PARTS) for _ in range(archivers)]  # type: ignore[arg-type]
        for one in made:
            await one.resume()
        for _ in range(2):
            await asyncio.gather(*(one.once() for one in made))

    async def signed(self, minute: int = 0, signer: Signer = SIGNER) -> checkpoints.Signed | None:
        return await checkpoints.sign(self.database, signer, NOW + timedelta(minutes=minute))

    async def leaves(self) -> list[tuple[int, int, int, bytes]]:
        rows = await self.database.fetch("SELECT * FROM hub.ledger_leaves ORDER BY leaf")
        return [(row["leaf"], row["partition"], row["ledger_offset"], row["hash"]) for row in rows]

    async def tampered(self, table: str, sql: str) -> None:
        """Somebody who owns the database does what the trigger refuses."""
        await self.database.execute(f"ALTER TABLE hub.{table} DISABLE TRIGGER append_only")
        await self.database.execute(sql)
        await self.database.execute(f"ALTER TABLE hub.{table} ENABLE TRIGGER append_only")

    async def exported(self) -> bytes:
        signed = await checkpoints.newest(self.database)
        return b"".join([one async for one in exporting.export(self.database, signed)])


@pytest.fixture
async def ledger(databases: Settings) -> AsyncIterator[Ledger]:
    async with connect(databases.database, 4) as database:
        yield Ledger(database)


async def test_every_archived_line_is_a_leaf_once_without_a_gap_whoever_archives(ledger: Ledger) -> None:
    ledger.put(*(line(n, 1) for n in range(30)), release(3), release(3), confirmation(4), confirmation(4), line(30, 1))
    ledger.put(*(line(n, 1) for n in range(100, 120)), release(101), part=1)
    await ledger.archived(archivers=2)
    ledger.put(line(31, 1), confirmation(5))
    await ledger.archived()
    leaves = await ledger.leaves()
    assert [leaf for leaf, *_ in leaves] == [*range(56)]
    offsets = {part: [offset for _, found, offset, _ in leaves if found == part] for part in PARTS}
    assert offsets == {0: [*range(31), 32, 34, 35, 36], 1: [*range(21)]}
    values = {(part, offset): ledger.topic.records[part][offset].value or b"" for _, part, offset, _ in leaves}
    assert all(hashed == merkle.leaf_hash(values[part, offset]) for _, part, offset, hashed in leaves)


async def test_what_an_earlier_release_has_archived_becomes_leaves_before_anything_else(ledger: Ledger) -> None:
    ledger.put(*(line(n, 1) for n in range(5)))
    await ledger.database.execute(
        "INSERT INTO hub.ledger SELECT 0, n, $1, '', '', '', '2026-04-01', now(), 'x' FROM generate_series(0, 2) n",
        UUID(int=1),
    )  # fmt: skip
    await ledger.database.execute("INSERT INTO hub.ledger_offsets VALUES (0, 3)")
    await ledger.archived()
    assert [(leaf, offset) for leaf, _, offset, _ in await ledger.leaves()] == [(n, n) for n in range(5)]


async def test_it_is_signed_after_growth_and_once_a_minute_at_most(ledger: Ledger) -> None:
    assert await ledger.signed() is None
    ledger.put(*(line(n, 1) for n in range(3)))
    await ledger.archived()
    first = await ledger.signed()
    assert first is not None
    ledger.put(line(3, 1))
    await ledger.archived()
    assert await ledger.signed() is None
    second = await ledger.signed(minute=1)
    assert second is not None
    assert await ledger.signed(minute=9) is None
    assert [one.checkpoint.size for one in (first, second)] == [3, 4]
    whole = [merkle.leaf_hash(line(n, 1)) for n in range(4)]
    assert SIGNER.verifier.opened(first.note).root == merkle.Tree(whole[:3]).root
    assert SIGNER.verifier.opened(second.note).root == merkle.Tree(whole).root
    kept = await ledger.database.fetch("SELECT note FROM hub.ledger_checkpoints ORDER BY size")
    assert [row["note"] for row in kept] == [first.note, second.note]


async def test_a_clock_that_was_put_back_keeps_nothing_from_being_signed(ledger: Ledger) -> None:
    ledger.put(line(0, 1))
    await ledger.archived()
    assert await ledger.signed(minute=120)
    ledger.put(line(1, 1))
    await ledger.archived()
    assert await ledger.signed(minute=0)


async def test_hashes_and_proofs_of_a_large_tree_are_those_of_the_whole(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "MOST", 66_000)
    await ledger.database.execute(
        "INSERT INTO hub.ledger_leaves SELECT n, 0, n, sha256(n::text::bytea) FROM generate_series(0, 66299) n"
    )
    hashes = await tree.hashes(ledger.database, LEDGER, 0, 0, 66_300)
    sizes = []
    for minute in (0, 1):
        signed = await ledger.signed(minute)
        assert signed is not None
        sizes.append(signed.checkpoint.size)
        assert signed.checkpoint.root == merkle.Tree(hashes[: signed.checkpoint.size]).root
    assert sizes == [66_000, 66_300]
    levels = await ledger.database.fetch("SELECT level, count(*) AS n FROM hub.ledger_nodes GROUP BY 1 ORDER BY 1")
    assert [(row["level"], row["n"]) for row in levels] == [(8, 258), (16, 1)]
    whole = merkle.Tree(hashes)
    for leaf in (0, 255, 256, 65_535, 65_536, 66_299):
        path = await tree.along(ledger.database, LEDGER, merkle.inclusion(leaf, 66_300))
        assert path == whole.path(leaf)


@pytest.mark.threat("D2")
@pytest.mark.parametrize(("table", "sql"), [
    ("ledger_leaves", "UPDATE hub.ledger_leaves SET hash = sha256('x') WHERE leaf = 1"),
    ("ledger_leaves", "DELETE FROM hub.ledger_leaves WHERE leaf = 2"),
    ("ledger_nodes", "UPDATE hub.ledger_nodes SET hash = sha256('x') WHERE idx = 0"),
    ("ledger_nodes", "DELETE FROM hub.ledger_nodes"),
])  # fmt: skip
async def test_nothing_is_signed_that_does_not_extend_what_was(ledger: Ledger, table: str, sql: str) -> None:
    count = 300 if table == "ledger_nodes" else 5
    ledger.put(*(line(n, 1) for n in range(count)))
    await ledger.archived()
    assert await ledger.signed()
    await ledger.tampered(table, sql)
    ledger.put(line(999, 1))
    await ledger.archived()
    before = metrics.LEDGER_SIGNED._value.get()
    with pytest.raises(JukiError, match=r"ledger-not-extended|ledger-tree-torn"):
        await ledger.signed(minute=1)
    await keeping.once(ledger.database, {LEDGER: SIGNER})
    assert metrics.LEDGER_SIGNED._value.get() == before
    assert await ledger.database.fetchval("SELECT count(*) FROM hub.ledger_checkpoints") == 1


@pytest.mark.threat("D2")
async def test_another_key_does_not_go_on_where_this_one_has_signed(ledger: Ledger) -> None:
    for n in range(2):
        ledger.put(line(n, 1))
        await ledger.archived()
        if n == 0:
            assert await ledger.signed()
    with pytest.raises(JukiError, match="not-signed-by-this-key"):
        await ledger.signed(minute=1, signer=Signer.new(SIGNER.verifier.name))


async def test_what_is_kept_of_the_tree_refuses_to_be_changed(ledger: Ledger) -> None:
    for table in ("ledger_leaves", "ledger_nodes", "ledger_checkpoints"):
        for sql in (f"DELETE FROM hub.{table}", f"TRUNCATE hub.{table}"):
            with pytest.raises(DatabaseError, match="sqlstate-0LP01"):
                await ledger.database.execute(sql)
    for sql in ("UPDATE hub.ledger_leaves SET leaf = 1", "UPDATE hub.ledger_checkpoints SET size = 1"):
        with pytest.raises(DatabaseError, match="sqlstate-0LP01"):
            await ledger.database.execute(sql)


@pytest.mark.threat("D1")
async def test_an_export_holds_every_line_with_every_checkpoint_and_names_what_was_changed(ledger: Ledger) -> None:
    for minute, lines in enumerate((range(290), range(290, 300), range(300, 301))):
        ledger.put(*(line(n, 2) for n in lines))
        await ledger.archived()
        assert await ledger.signed(minute)
    ledger.put(line(301, 1))  # too new
    await ledger.archived()
    whole = await ledger.exported()
    found = verify(BytesIO(whole), SIGNER.verifier)
    assert (found.sound, found.proved, found.disclosures, whole.count(b'{"signed":')) == (True, 301, 602, 2)
    await ledger.tampered("ledger", "UPDATE hub.ledger SET line = 'x' WHERE ledger_offset = 295")
    await ledger.tampered("ledger", "DELETE FROM hub.ledger WHERE ledger_offset = 17")
    found = verify(BytesIO(await ledger.exported()), SIGNER.verifier)
    assert [(one.fault, one.first, one.last) for one in found.findings] == [("altered", 17, 17), ("altered", 295, 295)]
    assert found.begins == (0, 290)


@pytest.fixture
def here(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """What commands find: a database with some lines, and the token of an auditor."""
    cheap_passwords(monkeypatch)
    with made_databases(house, tmp_path / "data") as made:
        settings = made.model_copy(update={"secrets": tmp_path / "secrets"})
        token = asyncio.run(_filled(settings))
        for name, value in {
            "HUB_DATABASE": settings.database, "HUB_DATA": str(settings.data), "HUB_TOKEN": token["auditor"],
            "HUB_SECRETS": str(tmp_path / "secrets"),
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("TOKEN_OF_A_CLERK", token["clerk"])
        config.settings.cache_clear()
        yield settings
        config.settings.cache_clear()


async def _filled(settings: Settings) -> dict[str, str]:
    async with connect(settings.database, 2) as database:
        ledger, now = Ledger(database), datetime.now(UTC)
        ledger.put(*(line(n, 1) for n in range(20)), release(3), confirmation(3), line(20, 1))
        await ledger.archived()
        assert await checkpoints.sign(database, signing.signer(settings), now - timedelta(minutes=5))
        ledger.put(confirmation(5))
        await ledger.archived()
        await accounts.first(database, "root", FIRST, now)
        made = {}
        for duty in (Duty.AUDITOR, Duty.CLERK):
            person = await accounts.add(database, f"some-{duty}", frozenset({duty}), FIRST, now)
            made[str(duty)] = (await tokens.new(database, person.id, "test", timedelta(days=1), now))[1]
        return made


def audited(settings: Settings) -> Sequence[tuple[str, str, str]]:
    async def read() -> list[tuple[str, str, str]]:
        async with connect(settings.database, 1) as database:
            rows = await database.fetch("SELECT act, object, code FROM hub.audit WHERE act LIKE 'ledger%' ORDER BY id")
            return [(row["act"], row["object"], row["code"]) for row in rows]

    return asyncio.run(read())


@pytest.mark.threat("S8")
@pytest.mark.trap("C9")
def test_an_auditor_exports_proves_and_verifies_without_server_and_without_settings(
    here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export, key, receipt = (tmp_path / name for name in ("2026.jsonl", "ledger.key", "receipt.jsonl"))
    key.write_text(typed("ledger", "key"), encoding="utf-8")
    typed("ledger", "export", str(export))
    (tmp_path / "then").write_text(typed("ledger", "checkpoint"), encoding="utf-8")
    change, disclosure = told(3)
    by_change = typed("ledger", "prove", str(change))
    assert [orjson.loads(one).get("leaf") for one in by_change.splitlines()] == [None, 3, 20, 21]
    assert typed("ledger", "prove", str(disclosure)) == by_change
    receipt.write_text(by_change, encoding="utf-8")
    partly = typed("ledger", "prove", str(told(5)[0]), code=3)
    assert [orjson.loads(one).get("leaf") for one in partly.splitlines()] == [None, 5]
    with pytest.raises(JukiError, match="unknown-id"):
        typed("ledger", "prove", str(UUID(int=9)))
    acts = audited(here)
    assert acts[:3] == [("ledger-export", "ledger", "begun"), ("ledger-export", "ledger", "done"),
                        ("ledger-see", "checkpoint", "done")]  # fmt: skip
    assert acts[-1] == ("ledger-see", str(UUID(int=9)), "unknown-id")

    for name in ("HUB_DATABASE", "HUB_DATA", "HUB_TOKEN", "HUB_SECRETS"):
        monkeypatch.setenv(name, "nowhere")
    monkeypatch.setenv("HUB_NO_SUCH_SETTING", "whoever reads settings is refused")
    config.settings.cache_clear()
    verified = ("ledger", "verify", "--key", str(key), "--json")
    found = json.loads(typed(*verified, str(export), "--earlier", str(tmp_path / "then")))
    assert (found["sound"], found["proved"], found["size"], found["disclosures"]) == (True, 23, 23, 21)
    assert json.loads(typed(*verified, str(receipt)))["proved"] == 3
    export.write_bytes(export.read_bytes().replace(b"department-0", b"department-9", 1))
    found = json.loads(typed(*verified, str(export), code=1))
    assert (found["findings"], found["begins"]) == ([{"fault": "altered", "first": 0, "last": 0}], [0, 23])
    said = typed("ledger", "verify", "--key", str(key), str(export), code=1)
    assert said.splitlines()[0] == "leaf 0: not proved to be what was signed [altered]"
    for wrong in (tmp_path / "not-there", export):
        with pytest.raises(JukiError) as refused:
            typed("ledger", "verify", str(export), "--key", str(wrong))
        assert refused.value.exit_code == 2


def test_who_is_no_auditor_exports_nothing_and_leaves_no_file(
    here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_TOKEN", os.environ["TOKEN_OF_A_CLERK"])
    config.settings.cache_clear()
    with pytest.raises(JukiError, match="duty-missing"):
        typed("ledger", "export", str(tmp_path / "all.jsonl"))
    assert not (tmp_path / "all.jsonl").exists()
    assert audited(here)[-1] == ("ledger-export", "ledger", "duty-missing")
