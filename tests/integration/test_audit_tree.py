"""Every entry of the audit is a leaf of a signed tree; what the owner of the database does to one is found, and where.

Both verifiers judge each export: ours, and the one in infra/examples that has nothing of ours.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from contracts.errors import JukiError
from hub import audit, config, migrate
from hub.audit import DONE, Entry
from hub.config import Settings
from hub.database import Connection, Database, connect
from hub.errors import DatabaseError
from hub.people import Act, Duty
from hub.proofs import checkpoints, exporting, merkle, signing
from hub.proofs.logs import AUDIT, LEDGER
from hub.proofs.note import Signer
from hub.proofs.verifying import verify
from tests.house import House
from tests.monitoring.promtool import ROOT, script
from tests.office import NOW, Office, cheap_passwords, opened, typed
from tests.releases import as_of

SIGNER, FORGER = Signer.new("juki-hub/test/audit"), Signer.new("juki-hub/test/audit")
ALONE = script(ROOT / "infra" / "examples" / "ledger" / "verify.py")
COUNT = 30
MADE = script(ROOT / "hub" / "migrations" / "versions" / "0018_audit_is_a_tree.py")
OF_BEFORE = ("hub.people", "hub.audit")


class RolledBack(Exception):
    """Let nothing stay of what a transaction has done."""


@pytest.fixture
async def office(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as office:
        yield office


async def noted(office: Office, person: UUID, *numbers: int) -> None:
    for n in numbers:
        at, why = NOW + timedelta(minutes=n), {"reason": f"第{n}号"}
        await audit.note(office.database, Entry(person, Act.LETTERS_REVEAL, f"letter {n}", DONE, at, why))


async def signed(database: Database, minute: int) -> None:
    assert await checkpoints.sign(database, SIGNER, NOW + timedelta(minutes=minute), AUDIT)


async def filled(office: Office) -> None:
    """Thirty entries, signed after each ten. The first of them is that of the first account."""
    ito = await office.person("ito", Duty.OPERATOR)
    for ten in range(3):
        await noted(office, ito.id, *range(max(1, ten * 10), ten * 10 + 10))
        await signed(office.database, ten)


async def leaves(database: Database | Connection) -> list[tuple[int, bytes]]:
    rows = await database.fetch("SELECT leaf, hash FROM hub.audit_leaves ORDER BY leaf")
    return [(row["leaf"], bytes(row["hash"])) for row in rows]


async def exported(database: Any) -> bytes:
    signed = await checkpoints.newest(database, AUDIT)
    return b"".join([one async for one in exporting.export(database, signed, log=AUDIT)])


async def test_every_entry_is_a_leaf_from_its_own_transaction_on_whoever_writes(office: Office) -> None:
    ito = (await office.person("ito", Duty.OPERATOR)).id
    await asyncio.gather(*(noted(office, ito, n) for n in range(20)))
    with suppress(RolledBack):
        async with office.database.transaction() as held:
            await audit.note(held, Entry(ito, Act.LETTERS_SEE, "", DONE, NOW))
            assert len(await leaves(held)) == 22
            raise RolledBack
    await noted(office, ito, 20)
    rows = await office.database.fetch("SELECT hub.audit_line(a) AS line FROM hub.audit a ORDER BY a.id")
    found = await leaves(office.database)
    assert [leaf for leaf, _ in found] == [*range(22)]
    assert {hashed for _, hashed in found} == {merkle.leaf_hash(bytes(row["line"])) for row in rows}
    last = orjson.loads(bytes(rows[-1]["line"]))
    assert (last["person"], last["act"], last["object"], last["details"]) == (
        str(ito), "letters-reveal", "letter 20", {"reason": "第20号"},
    )  # fmt: skip
    assert last["at"] == "2026-05-01T09:20:00.000000Z"


async def test_what_was_noted_by_an_earlier_release_is_in_the_tree_too(office: Office) -> None:
    ito = (await office.person("ito", Duty.OPERATOR)).id
    await noted(office, ito, 1, 2)
    lines = await leaves(office.database)
    said = {table: await office.database.fetchval(f"SELECT jsonb_agg(t)::text FROM {table} t") for table in OF_BEFORE}
    await as_of(office.settings, MADE.down_revision)
    for table, rows in said.items():
        await office.database.execute(
            f"INSERT INTO {table} OVERRIDING SYSTEM VALUE"
            f" SELECT * FROM jsonb_populate_recordset(NULL::{table}, $1::text::jsonb)", rows,
        )  # fmt: skip
    await office.database.execute("ALTER TABLE hub.audit ALTER COLUMN id RESTART WITH 100")
    await migrate.migrate_all(office.settings)
    assert await leaves(office.database) == lines
    await noted(office, ito, 3)
    assert [leaf for leaf, _ in await leaves(office.database)] == [0, 1, 2, 3]


@pytest.mark.threat("D10")
async def test_nothing_of_it_can_be_altered_or_removed_and_an_entry_names_one_of_two(office: Office) -> None:
    await filled(office)
    tables = ("audit", "audit_leaves", "audit_checkpoints", "audit_nodes", "audit_reviews")
    statements = [f"{word} hub.{table}" for table in tables for word in ("DELETE FROM", "TRUNCATE")]
    statements += ["UPDATE hub.audit SET process = 'x'", "UPDATE hub.audit_leaves SET leaf = 1",
                   "UPDATE hub.audit_checkpoints SET size = 1"]  # fmt: skip
    for statement in statements:
        with pytest.raises(DatabaseError, match="sqlstate-0LP01"):
            await office.database.execute(statement)
    for person, process in ((None, None), (UUID(int=1), "router")):
        with pytest.raises(DatabaseError, match="sqlstate-23514"):
            await office.database.execute(
                "INSERT INTO hub.audit (person, process, act, object, code, noted_at, details) "
                "VALUES ($1, $2, 'key-use', '', 'done', now(), '{}')", person, process,
            )  # fmt: skip


ENTRY = "id = (SELECT entry FROM hub.audit_leaves WHERE leaf = 17)"
NEW_HASH = """UPDATE hub.audit_leaves f SET hash = sha256('\\x00'::bytea || hub.audit_line(a))
FROM hub.audit a WHERE a.id = f.entry"""
TO_NOBODY = "UPDATE hub.audit_leaves SET entry = -leaf WHERE leaf IN (5, 23)"
TO_EACH_OTHER = "UPDATE hub.audit_leaves SET entry = 28 + entry + (SELECT min(id) FROM hub.audit) WHERE entry < 0"
LIE = f"UPDATE hub.audit SET details = jsonb_build_object('reason', 'x') WHERE {ENTRY}"
FORGED: dict[str, tuple[list[str], set[tuple[str, int]], tuple[int, int] | None]] = {
    "another reason": (
        [LIE], {("altered", 17)}, (10, 20)),
    "another end": ([f"UPDATE hub.audit SET code = 'no-such-letter' WHERE {ENTRY}"], {("altered", 17)}, (10, 20)),
    "another time": (
        [f"UPDATE hub.audit SET noted_at = noted_at - interval '1 second' WHERE {ENTRY}"], {("altered", 17)}, (10, 20)),
    "another person": (
        [f"UPDATE hub.audit SET person = (SELECT id FROM hub.people WHERE name = 'root') WHERE {ENTRY}"],
        {("altered", 17)}, (10, 20)),
    "a process instead of a person": (
        [f"UPDATE hub.audit SET person = NULL, process = 'router' WHERE {ENTRY}"], {("altered", 17)}, (10, 20)),
    "dropped": ([f"DELETE FROM hub.audit WHERE {ENTRY}"], {("altered", 17)}, (10, 20)),
    "changed places": ([TO_NOBODY, TO_EACH_OTHER], {("altered", 5), ("altered", 23)}, (0, 10)),
    "altered, and its hash made anew": (
        [f"UPDATE hub.audit SET code = 'x' WHERE {ENTRY}", NEW_HASH],
        {("proof", n) for n in range(10)} | {("altered", n) for n in range(10, 30)}, (10, 20)),
    "signed anew by somebody else": (
        ["DELETE FROM hub.audit_checkpoints WHERE size = 30",
         "INSERT INTO hub.audit_checkpoints VALUES (30, '{note}', now())"],
        {("not-signed", 0)}, (20, 30)),
}  # fmt: skip
"""What somebody who owns the database does, what an export of it then shows, and between which leaves it begins."""


async def forged(office: Office, statements: list[str], judge: Callable[[bytes], Any]) -> Any:
    """What is said of an export after somebody has done that; nothing of it stays."""
    root = merkle.Tree([hashed for _, hashed in await leaves(office.database)]).root
    found = None
    with suppress(RolledBack):
        async with office.database.transaction() as held:
            for table in ("audit", "audit_leaves", "audit_checkpoints"):
                await held.execute(f"ALTER TABLE hub.{table} DISABLE TRIGGER append_only")
            for statement in statements:
                await held.execute(statement.replace("{note}", FORGER.signed(COUNT, root)))
            found = judge(await exported(held))
            raise RolledBack
    return found


@pytest.mark.threat("D10")
@pytest.mark.trap("C9")
async def test_an_entry_that_was_altered_dropped_moved_or_signed_anew_is_found_and_where(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await filled(office)
    (tmp_path / "audit.key").write_text(f"{SIGNER.verifier}\n", encoding="utf-8")

    def judge(content: bytes) -> tuple[set[tuple[str, int]], tuple[int, int] | None, int]:
        found = verify(BytesIO(content), SIGNER.verifier)
        (tmp_path / "export.jsonl").write_bytes(content)
        capsys.readouterr()
        code = ALONE.main(str(tmp_path / "export.jsonl"), str(tmp_path / "audit.key"))
        said = [line.split() for line in capsys.readouterr().out.splitlines()]
        faults = {(str(one.fault), n) for one in found.findings for n in range(one.first, one.last + 1)}
        assert {(line[0], int(line[1])) for line in said if len(line) == 2} == faults
        assert (int(said[-1][0]), code == 0) == (found.proved, found.sound)
        return faults, found.begins, found.proved

    assert judge(await exported(office.database)) == (set(), None, COUNT)
    judged = {name: (await forged(office, statements, judge))[:2] for name, (statements, *_) in FORGED.items()}
    assert judged == {name: (faults, begins) for name, (_, faults, begins) in FORGED.items()}
    assert judge(await exported(office.database)) == (set(), None, COUNT)


@pytest.mark.threat("D10")
async def test_an_entry_that_went_with_its_leaf_stops_the_export_and_the_signing(office: Office) -> None:
    await filled(office)
    gone = ["DELETE FROM hub.audit_leaves WHERE leaf = 17",
            "UPDATE hub.audit_leaves SET leaf = leaf - 1 WHERE leaf > 17"]  # fmt: skip
    with pytest.raises(JukiError, match="ledger-tree-torn"):
        await forged(office, gone, lambda content: content)
    for table in ("audit", "audit_leaves"):
        await office.database.execute(f"ALTER TABLE hub.{table} DISABLE TRIGGER append_only")
    await office.database.execute(gone[0])
    await noted(office, (await office.person("kato", Duty.OPERATOR)).id, 1)
    with pytest.raises(JukiError, match="ledger-tree-torn"):
        await checkpoints.sign(office.database, SIGNER, NOW + timedelta(minutes=9), AUDIT)


async def prepared(settings: Settings) -> None:
    async with connect(settings.database, 1) as database:
        await checkpoints.sign(database, signing.signer(settings, AUDIT), NOW, AUDIT)


async def test_an_auditor_takes_the_audit_along_and_verifies_it_without_us(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = office.settings.model_copy(update={"secrets": tmp_path / "secrets"})
    abe = await office.hired("abe", Duty.AUDITOR)
    monkeypatch.setattr("hub.clock.now", office.clock)
    for name, value in {"HUB_DATABASE": own.database, "HUB_DATA": str(own.data), "HUB_TOKEN": abe,
                        "HUB_SECRETS": str(own.secrets_dir)}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()
    await noted(office, (await office.person("ito", Duty.OPERATOR)).id, *range(4))
    await prepared(own)
    export, key, receipt = (tmp_path / name for name in ("audit.jsonl", "audit.key", "receipt.jsonl"))

    def walked() -> None:
        key.write_text(typed("ledger", "key", "--tree", "audit"), encoding="utf-8")
        typed("ledger", "export", str(export), "--tree", "audit")
        typed("ledger", "checkpoint", "--tree", "audit")
        receipt.write_text(typed("ledger", "prove", "3", "--tree", "audit"), encoding="utf-8")
        for wrong, code in (("x", "bad-id"), ("9999", "unknown-id"), (str(1 << 63), "bad-id")):
            with pytest.raises(JukiError, match=code):
                typed("ledger", "prove", wrong, "--tree", "audit")
        for file in (export, receipt):
            said = typed("ledger", "verify", str(file), "--key", str(key))
            assert "juki-hub/juki/audit" in said
            assert "disclosures" not in said
        assert str(signing.signer(own, LEDGER).verifier) not in key.read_text(encoding="utf-8")

    await asyncio.to_thread(walked)
    config.settings.cache_clear()
    assert await office.noted("abe") == [
        ("abe", "audit-export", "begun"), ("abe", "audit-export", "done"), ("abe", "audit-see", "done"),
        ("abe", "audit-see", "done"), ("abe", "audit-see", "unknown-id"),
    ]  # fmt: skip
