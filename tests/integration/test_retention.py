"""Nothing is kept longer than the rules say, and what was ended is certified; on PostgreSQL, the journal in memory."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner

from contracts.book import load
from contracts.change import JAPAN
from contracts.folder import SHIPPED
from contracts.retention import digest, rules
from hub import books, cli, confirmed, destroyed, given, metrics, tokens
from hub.clock import now
from hub.database import Database, connect
from hub.destroyed import Erasure
from hub.erasure import Eraser
from hub.errors import DatabaseError, JukiError, NotPermitted, UsageError
from hub.keys import CHANGES, KeyStore
from hub.people import Duty
from hub.proofs import checkpoints, leaves
from hub.proofs.note import Signer
from hub.retention import overdue, running
from hub.retention.proving import proved
from hub.retention.running import Retainer
from hub.retention.signing import public_key, verified
from hub.seal import Place, Sheet, seal
from hub.wrapping import wrapper
from tests.house import House
from tests.journal import Journal
from tests.office import NOW, Office, cheap_passwords, opened

TODAY = NOW.astimezone(JAPAN).date()
LAST = TODAY - timedelta(days=8)
"""The last day that is over after seven days."""


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> Journal:
    return Journal().stand_in(monkeypatch)


@pytest.fixture
async def office(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: Journal
) -> AsyncIterator[Office]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as office:
        office.settings = office.settings.model_copy(update={"secrets": tmp_path / "secrets", "backup_days": 30})
        yield office


async def caller(office: Office, name: str, *duties: Duty) -> Retainer:
    bearer = await tokens.bearer(office.database, await office.hired(name, *duties), office.now)
    return Retainer(office.settings, office.database, bearer, office.clock, theirs=partial(_theirs, office))


async def _theirs(office: Office, _database: Database) -> datetime:
    return office.now  # the day of the tests is no matter of the day on which they run


async def keyed(office: Office, owner: str, *days: date) -> list[str]:
    store = KeyStore(office.database, wrapper(office.settings))
    return [(await store.content_key(owner, day)).kid for day in days]


async def standing(office: Office) -> set[str]:
    return {row["kid"] for row in await office.database.fetch("SELECT kid FROM hub.keys WHERE purpose = 'content'")}


async def waits(office: Office, owner: str, day: date, state: str = "waiting") -> None:
    """A disclosure under the key of that day which is not delivered."""
    key = await KeyStore(office.database, wrapper(office.settings)).content_key(owner, day)
    [token] = seal(key, Place(owner, f"juki.disclosures.{owner}", 0), "", 1, [Sheet(0, "", b"{}", b"k" * 16)])
    await office.database.execute(
        """INSERT INTO inbox.disclosures (contract, id, subject, partition, record_offset, token, state, code,
        received_at, next_attempt_at) VALUES ($1, $2, $3, 0, 0, $4, $5, $6, $7, $7)""",
        owner, uuid4(), b"k" * 16, token, state, "x" if state == "dead" else "", office.now,
    )  # fmt: skip


async def filed(office: Office, *days: date) -> None:
    async with connect(office.settings.registry_dsn, size=1) as registry:
        for n, day in enumerate(days):
            at = datetime.combine(day, datetime.min.time(), JAPAN) + timedelta(hours=23, minutes=59)
            await registry.execute(
                "INSERT INTO registry.notice (receipt, body, filed_at) VALUES ($1, '{}', $2)", f"{day} {n}".encode(), at
            )


async def notices(office: Office) -> list[str]:
    async with connect(office.settings.registry_dsn, size=1) as registry:
        return [bytes(row["receipt"]).decode() for row in await registry.fetch("SELECT receipt FROM registry.notice")]


async def test_what_is_due_is_seen_by_rule_and_nothing_is_done(office: Office, journal: Journal) -> None:
    for owner in ("prefecture", "child-policy", "tax", "gone", CHANGES):
        await keyed(office, owner, LAST, LAST + timedelta(days=1))
    await waits(office, "prefecture", LAST - timedelta(days=1), "dead")
    await filed(office, date(2025, 4, 30), date(2025, 5, 1))
    found = await (await caller(office, "sato", Duty.VIEWER)).plan()
    assert [(one.key, one.owner, one.count, str(one.newest), one.why) for one in found if one.count] == [
        ("topic-days", "child-policy", 1, str(LAST), ""), ("topic-days", "gone", 1, str(LAST), "no-contract"),
        ("topic-days", "prefecture", 1, str(LAST), ""),
        ("topic-days", "prefecture", 1, str(LAST - timedelta(days=1)), "undelivered"),
        ("topic-days", "tax", 1, str(LAST), "files"), ("change-days", CHANGES, 1, str(LAST), "by-persons"),
        ("notices", "", 1, "2025-04-30", ""),
    ]  # fmt: skip
    assert (len(await standing(office)), journal.records, len(await notices(office))) == (11, [], 2)


@pytest.mark.trap("C12")
async def test_a_key_serves_for_its_days_and_is_destroyed_on_the_day_after(office: Office, journal: Journal) -> None:
    [kid] = await keyed(office, "prefecture", TODAY)
    nightly, serving = await caller(office, "nightly", Duty.OPERATOR), []
    for _ in range(10):
        await nightly.run()
        serving.append(kid in await standing(office))
        office.now += timedelta(days=1)
    assert serving == [True] * 8 + [False] * 2  # its own day, and seven whole ones


async def test_the_daily_run_ends_what_needs_nobody_and_certifies_it(office: Office, journal: Journal) -> None:
    old = await keyed(office, "child-policy", LAST)
    old += await keyed(office, "prefecture", LAST - timedelta(days=1), LAST)
    [young] = await keyed(office, "prefecture", LAST + timedelta(days=1))
    await filed(office, date(2024, 1, 5), date(2025, 4, 30), date(2025, 5, 1))
    nightly = await caller(office, "nightly", Duty.OPERATOR)
    ran = await nightly.run()
    assert (sorted(ran.ended.values()), ran.asked, await standing(office)) == ([2, 3], (), {young})
    assert await notices(office) == ["2025-05-01 2"]
    [record] = await journal.read(office.settings, "")
    assert (record.kids, record.rule, record.approved_by) == (tuple(old), "topic-days", None)
    assert record.asked_by == nightly.bearer.person.id
    keys, rows = [await said(office, nightly, number) for number in ran.ended]
    assert (keys["rule"]["id"], keys["how"], keys["what"]["count"]) == ("topic-days", "keys-destroyed", 3)
    assert [(one["contract"], one["keys"]) for one in keys["what"]["contracts"]] == [
        ("child-policy", old[:1]), ("prefecture", old[1:])]  # fmt: skip
    assert (keys["requested_by"]["name"], keys["approved_by"]) == ("nightly", None)
    assert keys["reach"] == {
        "backups_kept_days": 30, "or_when_destroyed": ["file-1"],
        "backups_until": str(datetime.now(UTC).astimezone(JAPAN).date() + timedelta(days=30)),
    }  # fmt: skip
    assert (rows["rule"]["id"], rows["rule"]["article"], rows["what"]) == ("notices", "住基令34条4項", {
        "kind": "notices", "count": 2, "days": {"from": "2024-01-05", "until": "2025-04-30"}})  # fmt: skip
    assert ("nightly", "retention-run", "done") in await office.noted("nightly")
    assert (await nightly.run()).as_json() == {"ended": [], "asked": [], "waiting": 0, "certified": [], "left": []}


async def said(office: Office, who: Retainer, number: UUID) -> dict:  # type: ignore[type-arg]
    """What a certificate says, once its signature was verified."""
    signed, _ = await who.certificate(number)
    return verified(json.dumps(signed.document).encode(), public_key(office.settings))


async def test_what_needs_a_person_is_asked_for_once_and_certified_with_the_approver(
    office: Office, journal: Journal
) -> None:
    [delivered] = await keyed(office, "prefecture", LAST)
    await waits(office, "prefecture", LAST - timedelta(days=1))
    nightly = await caller(office, "nightly", Duty.OPERATOR)
    ran = await nightly.run()
    assert await standing(office) == {f"prefecture.{LAST - timedelta(days=1)}"}
    assert (len(ran.asked), (await nightly.run()).waiting) == (1, 1)
    kato = await tokens.bearer(office.database, await office.hired("kato", Duty.APPROVER), office.now)
    await Eraser(office.settings, office.database, kato, office.clock).approve(ran.asked[0])
    told = await said(office, nightly, ran.asked[0])
    assert (told["rule"], told["requested_by"]["name"], told["approved_by"]["name"]) == (
        rules()["topic-days"].as_json("topic-days"), "nightly", "kato")  # fmt: skip
    assert [(one.rule, one.approved_by) for one in await journal.read(office.settings, "")] == [
        ("topic-days", None), ("topic-days", kato.person.id)]  # fmt: skip
    assert ("規則 topic-days（番号法20条）" in told["reason"], "受け取られていない" in told["reason"]) == (True, True)
    assert (await standing(office), delivered in str(told)) == (set(), False)


@pytest.mark.threat("P8")
async def test_what_was_told_and_has_not_arrived_keeps_a_rule_from_ending_alone(
    office: Office, journal: Journal
) -> None:
    await keyed(office, "prefecture", LAST)
    await office.database.execute(
        """INSERT INTO hub.told (contract, partition, seq, disclosure, change, state, items, contract_hash,
        token_sha256) VALUES ('prefecture', 0, 1, $1, $1, 'present', '{}', '', '')""", uuid4(),
    )  # fmt: skip
    nightly = await caller(office, "nightly", Duty.OPERATOR)
    assert [one.why for one in await nightly.plan() if one.count] == ["undelivered"]
    await office.database.execute("INSERT INTO inbox.offsets VALUES ('prefecture', 0, 1, 1)")
    assert [one.why for one in await nightly.plan() if one.count] == [""]


@pytest.mark.trap("C12")
async def test_cut_off_after_the_journal_it_is_completed_and_certified_by_the_next_run(
    office: Office, journal: Journal
) -> None:
    [kid] = await keyed(office, "prefecture", LAST)
    nightly = await caller(office, "nightly", Duty.OPERATOR)
    journal.failing = journal.late = True
    with pytest.raises(JukiError, match="not-acknowledged"):
        await nightly.run()
    assert await standing(office) == {kid}
    journal.failing = False
    ran = await nightly.run()
    assert (await standing(office), ran.ended, len(ran.certified)) == (set(), {}, 1)
    assert (await said(office, nightly, ran.certified[0]))["rule"]["id"] == "topic-days"


async def test_cut_off_between_the_two_databases_what_was_removed_is_certified_by_the_next_run(
    office: Office, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filed(office, date(2025, 4, 30))
    nightly = await caller(office, "nightly", Duty.OPERATOR)

    async def cut(*_given: object) -> None:
        raise DatabaseError("connection-lost")

    with monkeypatch.context() as broken:
        broken.setattr(running.certificates, "all_issued", cut)
        with pytest.raises(DatabaseError):
            await nightly.run()
    assert await notices(office) == []
    ran = await nightly.run()
    assert (ran.ended, [(await said(office, nightly, one))["what"]["count"] for one in ran.certified]) == ({}, [1])


@pytest.mark.threat("D6")
@pytest.mark.trap("C12", "input-25")
async def test_a_restored_database_that_knows_nothing_of_the_run_has_lost_its_keys_too(
    office: Office, journal: Journal
) -> None:
    [kid] = await keyed(office, "prefecture", LAST)
    one = Erasure(uuid4(), "topic-days", (kid,), UUID(int=3), None, NOW)
    await journal.send({("", 0): destroyed.records(one)})
    await destroyed.settled(office.settings, office.database, "router")
    assert await standing(office) == set()
    told = await said(office, await caller(office, "sato", Duty.VIEWER), one.act)
    assert (told["rule"], told["requested_by"], told["approved_by"]) == (
        {"id": "topic-days"}, {"id": str(UUID(int=3)), "name": None}, None)  # fmt: skip


async def test_an_order_of_persons_has_two_of_them_in_the_journal_and_in_the_database(
    office: Office, journal: Journal
) -> None:
    one = Erasure(uuid4(), "by-order", ("tax.2026-01-01",), UUID(int=3), None, NOW)
    await journal.send({("", 0): destroyed.records(one)})
    with pytest.raises(JukiError, match="erasure-unreadable"):
        await journal.read(office.settings, "")
    with pytest.raises(DatabaseError, match="sqlstate-23514"):
        await destroyed.destroy(office.database, [one])


def own_folder(folder: Path) -> Path:
    """The shipped Book with rules that one person has shortened."""
    for name in ("law", "subscribers"):
        shutil.copytree(SHIPPED / name, folder / name)
    file = folder / "law" / "retention.toml"
    text = file.read_text(encoding="utf-8").replace("days = 7", "days = 1").replace('"by-persons"', '"by-rule"')
    file.write_text(text.replace("years = 1 }", "days = 1 }"), encoding="utf-8")
    return folder


@pytest.mark.threat("P8")
async def test_rules_of_ones_own_end_nothing_alone(office: Office, journal: Journal, tmp_path: Path) -> None:
    for owner in ("child-policy", CHANGES):
        await keyed(office, owner, TODAY - timedelta(days=2))
    await filed(office, TODAY - timedelta(days=2))
    office.settings = office.settings.model_copy(update={"contracts": own_folder(tmp_path / "own")})
    alone = await caller(office, "ito", Duty.OPERATOR)
    ran = await alone.run()
    assert (ran.ended, len(ran.asked), ran.left) == ({}, 2, (("notices", "other-rules"),))
    assert (len(await standing(office)), journal.records, len(await notices(office))) == (2, [], 1)
    assert {one.why for one in await alone.plan() if one.count} == {"other-rules"}
    details = await office.database.fetchval(
        "SELECT details FROM hub.audit WHERE act = 'retention-run' ORDER BY id DESC LIMIT 1"
    )
    assert digest(office.settings.contracts) in str(details)
    assert given.book(office.settings).hash in str(details)
    trusting = replace(alone, shipped=digest(office.settings.contracts))
    assert sorted((await trusting.run()).ended.values()) == [1, 1, 1]


@pytest.mark.threat("P8")
async def test_a_book_that_is_not_in_use_ends_nothing_alone(office: Office, journal: Journal, tmp_path: Path) -> None:
    (own_folder(tmp_path / "own") / "subscribers" / "tax.toml").unlink()
    await keyed(office, "child-policy", LAST)
    nightly, book = await caller(office, "nightly", Duty.OPERATOR), given.book(office.settings)
    await books.remember(office.database, load(tmp_path / "own"), NOW)
    assert [one.why for one in await nightly.plan() if one.count] == ["other-book"]
    await books.remember(office.database, book, NOW)
    assert [one.why for one in await nightly.plan() if one.count] == [""]


@pytest.mark.threat("P8")
async def test_a_clock_that_is_put_ahead_ends_nothing(office: Office, journal: Journal) -> None:
    today = now().astimezone(JAPAN).date()
    office.now = now() + timedelta(days=400)
    [kid] = await keyed(office, "child-policy", today)
    await filed(office, today)
    ahead = await caller(office, "ito", Duty.OPERATOR)
    ran = await Retainer(office.settings, office.database, ahead.bearer, office.clock).run()
    assert (ran.ended, ran.asked, await standing(office), len(await notices(office))) == ({}, (), {kid}, 1)


async def archived(office: Office) -> None:
    """What the keeper of the ledger and its archive do with what is to be confirmed."""
    for at, row in enumerate(await office.database.fetch("SELECT * FROM hub.confirming ORDER BY disclosure")):
        line = confirmed.line(row)
        found = confirmed.archived(row["partition"], 17 + at, json.loads(line), line)
        await office.database.execute("INSERT INTO hub.confirmations VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", *found)
        await leaves.caught_up(office.database, row["partition"])


@pytest.mark.threat("D11")
async def test_a_certificate_stands_on_the_ledger_and_brings_the_proof_of_it(office: Office, journal: Journal) -> None:
    await keyed(office, "prefecture", LAST)
    await filed(office, date(2025, 4, 30))
    nightly = await caller(office, "nightly", Duty.OPERATOR)
    number, other = (await nightly.run()).ended
    signed, place = await nightly.certificate(number)
    row = await office.database.fetchrow("SELECT * FROM hub.confirming WHERE disclosure = $1", number)
    assert row is not None
    assert (row["what"], bytes(row["receipt_sha256"]), place) == (
        "erasure-certified", sha256(signed.content).digest(), None)  # fmt: skip
    assert 0 <= row["partition"] < office.settings.partitions
    await archived(office)
    _, place = await nightly.certificate(number)
    assert place is not None
    assert place["receipt"] is None
    signer = Signer.new("juki-hub/test/ledger")
    await checkpoints.sign(office.database, signer, office.now)
    again, place = await nightly.certificate(number)
    whole, key = json.dumps({**again.document, "ledger": place}).encode(), str(signer.verifier)
    proved(whole, key)
    assert again == signed
    for refused, by, code in (
        (whole, str(Signer.new("juki-hub/test/ledger").verifier), "receipt-invalid"),
        (json.dumps({**(await nightly.certificate(other))[0].document, "ledger": place}).encode(), key, "of-another"),
        (json.dumps(again.document).encode(), key, "no-receipt"),
    ):
        with pytest.raises(JukiError, match=code):
            proved(refused, by)


@pytest.mark.parametrize("statement", [
    "DELETE FROM hub.certificates", "UPDATE hub.certificates SET content = 'x'", "TRUNCATE hub.retention_runs",
])  # fmt: skip
async def test_what_was_certified_is_never_altered(office: Office, journal: Journal, statement: str) -> None:
    await keyed(office, "prefecture", LAST)
    await (await caller(office, "nightly", Duty.OPERATOR)).run()
    with pytest.raises(DatabaseError, match="sqlstate-0LP01"):
        await office.database.execute(statement)


async def late(office: Office, **changed: object) -> float:
    settings = office.settings.model_copy(update=changed)
    await overdue.show(settings, office.database, given.book(settings), office.now)
    [metric] = metrics.RETENTION_OVERDUE.collect()
    return metric.samples[0].value


async def test_a_daily_run_that_is_not_made_is_seen_in_what_it_should_have_ended(
    office: Office, journal: Journal
) -> None:
    for owner in ("prefecture", "tax", "gone", CHANGES):  # all but the first need a person
        await keyed(office, owner, LAST - timedelta(days=1), LAST)
    assert await late(office) == 1  # today's own are not late before the day is over
    await filed(office, date(2025, 4, 29), date(2025, 4, 30))
    with pytest.raises(NotPermitted):
        await (await caller(office, "kato", Duty.APPROVER)).run()
    assert await late(office) == 2  # a run that was refused is none
    await (await caller(office, "nightly", Duty.OPERATOR)).run()
    await keyed(office, "child-policy", LAST - timedelta(days=1))
    assert await late(office) == 0  # delivered since the run, say: the next one ends it
    office.now += overdue.TERM
    assert await late(office) == 0
    office.now += timedelta(seconds=1)
    assert await late(office) == 1


async def test_what_cannot_be_asked_is_no_proof_that_it_was_ended(office: Office, tmp_path: Path) -> None:
    assert await late(office) == 0
    assert await late(office, registry="postgresql://registry@127.0.0.1:1/registry") == 1
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "retention.toml").write_text("[rules.x]\n")
    own, at = office.settings.model_copy(update={"contracts": tmp_path}), office.now
    await overdue.show(own, office.database, given.book(office.settings), at)
    assert metrics.RETENTION_OVERDUE.collect()[0].samples[0].value == 1


@pytest.mark.threat("P8")
async def test_nobody_without_the_duty_lets_it_run_and_nothing_is_certified_that_was_not_erased(
    office: Office, journal: Journal
) -> None:
    await keyed(office, "prefecture", LAST)
    kato = await caller(office, "kato", Duty.APPROVER)
    with pytest.raises(NotPermitted, match="duty-missing"):
        await kato.run()
    with pytest.raises(UsageError, match="unknown-erasure"):
        await kato.certificate(uuid4())
    assert len(await standing(office)) == 1


async def test_on_the_command_line(
    office: Office, journal: Journal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    office.now = now()  # commands have the real clock
    [kid] = await keyed(office, "prefecture", office.now.astimezone(JAPAN).date() - timedelta(days=30))
    settings = office.with_token(await office.hired("nightly", Duty.OPERATOR))
    monkeypatch.setattr("hub.cli.retained.settings", lambda: settings)

    async def typed(*words: str) -> str:
        done = await asyncio.to_thread(CliRunner().invoke, cli.build(["erase"]), ["erase", *words])
        assert done.exit_code == 0, done.exception
        return done.stdout

    [due] = [one for one in json.loads(await typed("plan", "--json")) if one["count"]]
    assert (due["keys"], due["ends"], due["article"]) == ([kid], "by-rule", "番号法20条")
    [ended] = json.loads(await typed("due", "--json"))["ended"]
    (tmp_path / "certificate.json").write_text(await typed("certificate", ended["id"]))
    await typed("verify", str(tmp_path / "certificate.json"), "--key", (await typed("key")).strip())
    assert kid in await typed("certificate", ended["id"], "--page")
    assert ended["id"] in await typed("certificates")

