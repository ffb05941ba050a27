"""A contract ends: its feed is stopped, what it holds is recalled by two persons, its keys go, somebody confirms."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import orjson
import pytest

from contracts import book as law
from contracts.change import JAPAN
from hub import accounts, books, given, metrics, tokens, transfers
from hub.clock import now
from hub.config import Settings
from hub.erasure import Eraser
from hub.errors import ApprovalRequired, DatabaseError, DependencyUnavailable, NotPermitted, UsageError
from hub.keys import KeyStore
from hub.people import Duty
from hub.recall import owed
from hub.recall.confirming import Result, Said, Way
from hub.recall.orders import Recall
from hub.recall.owed import Owed
from hub.recall.recaller import Recaller
from hub.retention.signing import public_key, verified
from hub.status import kept
from hub.stops import known
from hub.transfers import Wish
from hub.watching import looking
from hub.wrapping import wrapper
from tests.house import House, shipped
from tests.journal import Journal
from tests.office import NOW, Office, cheap_passwords, command_line, opened

TODAY = NOW.astimezone(JAPAN).date()
TAX, CHILD = "tax", "child-policy"
TO, WHY = "総務部総務課 内線1234", "契約の終了"
ONE_BASIS = "番号法9条1項別表81"
"""One of several by which the contract has the number of 番号法."""


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> Journal:
    return Journal().stand_in(monkeypatch)


class City:
    """An office with a Book of its own in a folder, and a ledger that names who was told what."""

    def __init__(self, office: Office) -> None:
        self.office, self.withdrawn, self.away = office, list[str](), False

    @property
    def folder(self) -> Path:
        assert self.office.settings.contracts is not None
        return self.office.settings.contracts

    async def used(self, days_ago: int = 20) -> None:
        """The Book as it stands comes into use."""
        now = self.office.now - timedelta(days=days_ago)
        await books.remember(self.office.database, given.book(self.office.settings), now)

    def edit(self, contract: str, old: str, new: str) -> None:
        file = self.folder / f"{contract}.toml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    async def tell(
        self, contract: str, *whom: int, on: date, items: tuple[str, ...] | None = None, transfer: UUID | None = None
    ) -> None:
        """Lines of the ledger, as the archive keeps them."""
        said = [{"contract": "other"}, {"contract": contract, "transfer": str(transfer)}] if transfer else []
        book = given.book(self.office.settings)
        one, at = book.contracts[contract], datetime.combine(on, datetime.min.time(), JAPAN) + timedelta(hours=10)
        for who in whom:
            change, seq = uuid4(), await self.office.database.fetchval("SELECT count(*) FROM hub.told") + 1
            await self.office.database.execute(
                "INSERT INTO hub.ledger VALUES (0, $1, $2, '', $3, $4, $5, $6, $7)",
                seq, change, who.to_bytes(16, "big"), book.hash, on, at, orjson.dumps({"told": said}),
            )  # fmt: skip
            await self.office.database.execute(
                "INSERT INTO hub.told VALUES ($1, 0, $2, $3, $4, 'inside', $5, $6, $7)",
                contract, seq, uuid4(), change, list(items or one.items), one.hash, sha256(change.bytes).digest(),
            )  # fmt: skip

    async def person(self, name: str, *duties: Duty) -> Recaller:
        bearer = await tokens.bearer(self.office.database, await self.office.hired(name, *duties), self.office.now)
        return Recaller(self.office.settings, self.office.database, bearer, self.office.clock, self.withdraw)

    def withdraw(self, principal: str) -> None:
        if self.away:
            raise DependencyUnavailable("broker-silent", "Kafka")
        self.withdrawn.append(principal)

    async def owed(self) -> list[tuple[str, str]]:
        book = given.book(self.office.settings)
        return [(one.code, one.contract) for one in await owed.owed(self.office.database, book, self.office.now)]

    async def keyed(self, contract: str, *days: date) -> list[str]:
        store = KeyStore(self.office.database, wrapper(self.office.settings))
        return [(await store.content_key(contract, day)).kid for day in days]

    async def keys(self) -> list[str]:
        return [row["kid"] for row in await self.office.database.fetch("SELECT kid FROM hub.keys ORDER BY kid")]

    async def on_the_ledger(self) -> set[tuple[str, bytes]]:
        rows = await self.office.database.fetch("SELECT what, receipt_sha256 FROM hub.confirming")
        return {(row["what"], bytes(row["receipt_sha256"])) for row in rows}


@pytest.fixture
async def city(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[City]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as office:
        folder = shipped(tmp_path / "contracts", (TAX, CHILD))
        office.settings = office.settings.model_copy(
            update={"secrets": tmp_path / "secrets", "contracts": folder}
        )
        yield City(office)


async def both(city: City) -> tuple[Recaller, Recaller]:
    return await city.person("ito", Duty.OPERATOR), await city.person("kato", Duty.CONTRACT_OFFICER)


async def ended(city: City) -> None:
    """The tax office was told of three residents, and its contract is over since yesterday."""
    await city.used()
    await city.tell(TAX, 1, 2, on=TODAY - timedelta(days=10))
    await city.tell(TAX, 2, 3, on=TODAY - timedelta(days=2))
    await city.tell(CHILD, 1, on=TODAY)
    city.edit(TAX, "from = 2026-04-01 }", f"from = 2026-04-01, until = {TODAY - timedelta(days=1)} }}")


async def approved(city: City, ito: Recaller, kato: Recaller) -> Recall:
    return await kato.approve((await ito.plan(TAX, TO, WHY)).id)


async def test_the_whole_life_of_a_recall(city: City, journal: Journal) -> None:
    await ended(city)
    old = await city.keyed(TAX, *(TODAY - timedelta(days=n) for n in (3, 2, 1)))
    [today] = await city.keyed(TAX, TODAY)
    [other] = await city.keyed(CHILD, TODAY - timedelta(days=1))
    assert await city.owed() == [("recall-missing", TAX)]
    ito, kato = await both(city)

    made = await ito.plan(TAX, TO, WHY)
    said = made.plan.said
    assert (made.why, made.state(NOW), said["residents"], said["tellings"]) == ("ended", "waiting", 3, 4)
    assert {one["item"] for one in said["items"]} == {*law.load().contracts[TAX].items}
    [name] = [one for one in said["items"] if one["item"] == "name"]
    assert (name["name"], name["residents"], "庁内連携条例" in name["articles"][0]) == ("氏名", 3, True)
    assert (name["first"][:10], name["last"][:10]) == (str(TODAY - timedelta(days=10)), str(TODAY - timedelta(days=2)))
    assert await city.owed() == [("recall-missing", TAX)], "asked for is not yet done"

    await kato.approve(made.id)
    assert await city.owed() == [("recall-not-run", TAX)]
    ran = await ito.run(made.id)
    notice = verified(json.dumps(ran.notice.document).encode(), public_key(city.office.settings))
    assert (notice["id"], notice["items"], notice["confirm_to"]) == (str(made.id), said["items"], TO)
    assert notice["confirm_until"] == str(TODAY + timedelta(days=30))
    assert await known(city.office.settings, law.load()) == {TAX}
    assert await city.on_the_ledger() == {("recall-noticed", sha256(ran.notice.content).digest())}

    assert ran.erasure is not None
    assert (ran.erasure.kids, ran.erasure.name) == (tuple(old), "ito")
    mori = await tokens.bearer(city.office.database, await city.office.hired("mori", Duty.APPROVER), city.office.now)
    await Eraser(city.office.settings, city.office.database, mori, city.office.clock).approve(ran.erasure.id)
    assert await city.keys() == sorted([today, other])
    assert (await ito.run(made.id)).erasure is None, "today's key is in use"
    city.office.now += timedelta(days=1)
    again = await ito.run(made.id)
    assert again.erasure is not None
    assert (again.erasure.kids, again.notice, await city.owed()) == ((today,), ran.notice, [])

    await overdue_until_all_is_confirmed(city, made.id)
    assert ("ito", "recall-plan", "done") in await city.office.noted("ito")
    assert ("kato", "recall-approve", "done") in await city.office.noted("kato")
    assert (await ito.show(made.id)).keys == 1


async def overdue_until_all_is_confirmed(city: City, number: UUID) -> None:
    city.office.now = NOW + timedelta(days=31)
    assert await city.owed() == [("recall-overdue", TAX)]
    assert await overdue(city) == 1
    ito = await city.person("sato", Duty.OPERATOR)
    today = city.office.now.astimezone(JAPAN).date()
    kept_item = Said(Result.KEPT, "税務課長", Way.PAPER, today, ("氏名",), "地方税法22条", b"p" * 32)
    first = await ito.confirm(number, kept_item)
    assert (first.items, await overdue(city)) == (("name",), 1)
    city.office.now += timedelta(seconds=1)
    await ito.confirm(number, Said(Result.DELETED, "税務課長", Way.ELECTRONIC, today, paper=b"m" * 32))
    assert (await city.owed(), await overdue(city)) == ([], 0)
    shown = await ito.show(number)
    assert shown.recall.state(city.office.now) == "confirmed"
    assert [(one["result"], one["article"], one["noted_by"]) for one in shown.confirmations] == [
        ("kept", "地方税法22条", "sato"), ("deleted", None, "sato")]  # fmt: skip
    assert {what for what, _ in await city.on_the_ledger()} >= {"recall-noticed", "recall-confirmed"}
    assert ("sato", "recall-confirm", "done") in await city.office.noted("sato")


async def overdue(city: City) -> float:
    await owed.show(city.office.database, city.office.now)
    [metric] = metrics.RECALLS_OVERDUE.collect()
    return metric.samples[0].value


async def test_nobody_recalls_alone_and_nobody_without_the_duty(city: City) -> None:
    await ended(city)
    ito, kato = await both(city)
    alone = await city.person("abe", Duty.OPERATOR, Duty.CONTRACT_OFFICER)
    made = await alone.plan(TAX, TO, WHY)
    with pytest.raises(ApprovalRequired, match="second-person-is-the-first"):
        await alone.approve(made.id)
    with pytest.raises(ApprovalRequired, match="not-approved"):
        await ito.run(made.id)
    for refused in (kato.plan(TAX, TO, WHY), kato.run(made.id), ito.approve(made.id)):
        with pytest.raises(NotPermitted, match="duty-missing"):
            await refused
    viewer = await city.person("sasaki", Duty.VIEWER)
    with pytest.raises(NotPermitted, match="duty-missing"):
        await viewer.stop(TAX, WHY)
    assert [one.id for one in (await viewer.all())[0]] == [made.id]
    assert await known(city.office.settings, law.load()) == set()


async def test_who_has_planned_or_run_it_confirms_nothing(city: City, journal: Journal) -> None:
    await ended(city)
    ito, kato = await both(city)
    abe, sato = await city.person("abe", Duty.OPERATOR), await city.person("sato", Duty.OPERATOR)
    made = await approved(city, ito, kato)
    await abe.run(made.id)
    gone = Said(Result.DELETED, "税務課長", Way.INSPECTION, TODAY)
    for one in (ito, abe):
        with pytest.raises(ApprovalRequired, match="confirmed-by-who-recalls"):
            await one.confirm(made.id, gone)
    assert (await ito.show(made.id)).recall.state(NOW) == "noticed"
    await sato.confirm(made.id, gone)
    assert (await ito.show(made.id)).recall.state(NOW) == "confirmed"


async def test_what_somebody_approved_who_is_retired_is_not_run_but_planned_and_approved_anew(
    city: City, journal: Journal
) -> None:
    await ended(city)
    ito, kato = await both(city)
    made = await approved(city, ito, kato)
    await accounts.retire(city.office.database, "kato", NOW)
    with pytest.raises(NotPermitted, match="approver-retired"):
        await ito.run(made.id)
    assert await known(city.office.settings, law.load()) == set()
    assert await city.owed() == [("recall-missing", TAX)]
    ueno = await city.person("ueno", Duty.CONTRACT_OFFICER)
    again = await approved(city, ito, ueno)
    await ito.run(again.id)
    await accounts.retire(city.office.database, "ueno", NOW)
    await ito.run(again.id)
    assert await city.owed() == []


async def test_a_contract_that_has_yet_to_begin_cannot_be_stopped_by_a_stop_that_does_nothing(city: City) -> None:
    city.edit(CHILD, "from = 2026-04-01", f"from = {TODAY + timedelta(days=1)}")
    ito = await city.person("ito", Duty.OPERATOR)
    with pytest.raises(UsageError, match="not-begun"):
        await ito.stop(CHILD, WHY)
    assert (city.withdrawn, (await ito.all())[1]) == ([], [])


async def test_in_production_who_is_stopped_is_not_guessed_without_a_database() -> None:
    with pytest.raises(DependencyUnavailable, match="no-database"):
        await known(Settings(env="production"), law.load())
    assert await known(Settings(), law.load()) == set()


async def test_what_was_told_since_the_plan_is_not_approved_with_it(city: City) -> None:
    await ended(city)
    ito, kato = await both(city)
    made = await ito.plan(TAX, TO, WHY)
    await city.tell(TAX, 4, on=TODAY - timedelta(days=1))
    with pytest.raises(NotPermitted, match="plan-moved"):
        await kato.approve(made.id)
    again = await ito.plan(TAX, TO, WHY)
    assert (again.plan.said["residents"], again.plan.hash == made.plan.hash) == (4, False)
    await kato.approve(again.id)
    with pytest.raises(UsageError, match="recalled-already"):
        await ito.plan(TAX, TO, WHY)
    city.office.now += timedelta(days=2)
    with pytest.raises(NotPermitted, match="plan-moved"):
        await kato.approve(made.id)


async def test_a_narrowed_contract_is_recalled_of_what_it_lost_alone_and_goes_on(city: City, journal: Journal) -> None:
    await city.used()
    await city.tell(TAX, 1, 2, on=TODAY - timedelta(days=2))
    await city.keyed(TAX, TODAY - timedelta(days=2))
    assert await city.owed() == []
    city.edit(TAX, '"生年月日", ', "")
    await city.used(1)
    await city.tell(TAX, 3, on=TODAY)
    assert await city.owed() == [("recall-missing", TAX)]
    ito, kato = await both(city)
    ran = await ito.run((await approved(city, ito, kato)).id)
    said = ran.notice.document["certificate"]
    assert (said["why"], [one["item"] for one in said["items"]], said["residents"]) == ("narrowed", ["birth_date"], 2)
    assert (ran.erasure, await city.owed()) == (None, [])
    assert await known(city.office.settings, given.book(city.office.settings)) == set(), "it goes on"


async def test_an_item_that_was_permitted_and_never_told_is_nothing_to_recall(city: City) -> None:
    await city.used()
    await city.tell(TAX, 1, on=TODAY - timedelta(days=2), items=("atena_no", "name"))
    city.edit(TAX, '"生年月日", ', "")
    assert await city.owed() == []
    with pytest.raises(UsageError, match="nothing-told"):
        await (await city.person("ito", Duty.OPERATOR)).plan(TAX, TO, WHY)


async def test_a_contract_that_is_in_force_is_not_recalled_before_it_is_stopped(city: City) -> None:
    await city.used()
    await city.tell(CHILD, 1, on=TODAY)
    ito = await city.person("ito", Duty.OPERATOR)
    with pytest.raises(UsageError, match="contract-in-force"):
        await ito.plan(CHILD, TO, WHY)
    with pytest.raises(UsageError, match="unknown-contract"):
        await ito.plan("nobody", TO, WHY)
    await ito.stop(CHILD, "端末の紛失")
    assert (city.withdrawn, await city.owed()) == ([f"subscriber-{CHILD}"], [("recall-missing", CHILD)])
    assert (await ito.plan(CHILD, TO, WHY)).why == "ended"
    assert (await ito.all())[1] == [
        {"contract": CHILD, "stopped_at": NOW.isoformat(), "by": "ito", "reason": "端末の紛失"}]  # fmt: skip


async def test_a_stop_that_the_broker_did_not_hear_of_holds_here_and_is_typed_again(city: City) -> None:
    ito, city.away = await city.person("ito", Duty.OPERATOR), True
    for _ in range(2):
        with pytest.raises(DependencyUnavailable):
            await ito.stop(CHILD, WHY)
    assert await known(city.office.settings, given.book(city.office.settings)) == {CHILD}
    city.away = False
    await ito.stop(CHILD, WHY)
    assert city.withdrawn == [f"subscriber-{CHILD}"]
    assert [code for _, act, code in await city.office.noted("ito") if act == "recall-stop"].count("broker-silent") == 2


async def test_a_contract_that_is_taken_out_of_the_book_is_known_from_the_books_before(city: City) -> None:
    await city.used()
    await city.tell(CHILD, 1, on=TODAY - timedelta(days=1))
    (city.folder / f"{CHILD}.toml").unlink()
    assert await city.owed() == [("recall-missing", CHILD)]
    ito, kato = await both(city)
    made = await kato.approve((await ito.plan(CHILD, TO, WHY)).id)
    ran = await ito.run(made.id)
    assert ran.notice.document["certificate"]["subscriber"] == "子ども政策課"
    assert (city.withdrawn, await city.owed()) == ([f"subscriber-{CHILD}"], [])


async def test_a_stopped_contract_misses_no_traffic_until_one_of_its_name_is_told_again(city: City) -> None:
    async def last() -> list[str]:
        return [row["contract"] for row in await city.office.database.fetch(looking.SQL["last"])]

    mark = "INSERT INTO hub.watch_marks VALUES ('child-policy', $1, 1, $2)"
    await city.office.database.execute(mark, 0, NOW - timedelta(hours=1))
    assert await last() == [CHILD]
    await (await city.person("ito", Duty.OPERATOR)).stop(CHILD, WHY)
    assert await last() == []
    await city.office.database.execute(mark, 1, NOW + timedelta(days=1))
    assert await last() == [CHILD]


async def test_what_was_extracted_by_an_order_was_told_by_the_bases_of_that_order_alone(city: City) -> None:
    await city.used()
    ito = await city.person("ito", Duty.OPERATOR)
    wish = Wish(CHILD, ("atena_no", "my_number"), (ONE_BASIS,), "現況の確認", TODAY, "persons")
    order = await transfers.ask(city.office.database, "juki", wish, [bytes(16)], ito.bearer.person, NOW)
    await city.tell(CHILD, 1, on=TODAY - timedelta(days=3), items=("atena_no", "name"))
    await city.tell(CHILD, 2, on=TODAY - timedelta(days=2), items=wish.items, transfer=order.id)
    (city.folder / f"{CHILD}.toml").unlink()
    said = (await ito.plan(CHILD, TO, WHY)).plan.said
    assert (said["residents"], said["tellings"]) == (2, 2)
    bases = law.load().bases
    everyday, ordered = bases["庁内連携条例"].name, bases[ONE_BASIS].name
    assert {one["item"]: (one["residents"], one["articles"]) for one in said["items"]} == {
        "atena_no": (2, [everyday, ordered]), "name": (1, [everyday]), "my_number": (1, [ordered]),
    }  # fmt: skip


async def test_status_says_what_is_owed(city: City) -> None:
    await ended(city)
    found = await kept(city.office.database, given.book(city.office.settings), 4, city.office.now)
    assert found.owed == (Owed("recall-missing", TAX),)


@pytest.mark.parametrize("statement", [
    "DELETE FROM hub.stops", "UPDATE hub.recalls SET items = '{}'", "TRUNCATE hub.recall_confirmations",
    "UPDATE hub.recall_notices SET due_on = due_on + 1",
])  # fmt: skip
async def test_nothing_of_a_recall_is_ever_altered(city: City, statement: str) -> None:
    with pytest.raises(DatabaseError, match="sqlstate-0LP01"):
        await city.office.database.execute(statement)


async def test_on_the_command_line(
    city: City, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city.office.now = now()  # commands have the real clock
    await city.used()
    await city.tell(TAX, 1, on=city.office.now.astimezone(JAPAN).date() - timedelta(days=3))
    (city.folder / f"{TAX}.toml").unlink()
    duties = {"ito": Duty.OPERATOR, "kato": Duty.CONTRACT_OFFICER}
    typing = {name: await city.office.hired(name, duty) for name, duty in duties.items()}
    monkeypatch.setenv("HUB_CONTRACTS", str(city.folder))
    with command_line(city.office.settings, tmp_path / "data", typing, monkeypatch) as run:

        async def typed(name: str, *words: str) -> str:
            done = await asyncio.to_thread(run, name, "recall", *words)
            assert done.exit_code == 0, done.exception
            return done.stdout

        number = (await typed("ito", "plan", TAX, "--to", TO, "--reason", WHY)).strip()
        await typed("kato", "approve", number)
        ran = json.loads(await typed("ito", "run", number, "--json"))
        assert (ran["notice"]["contract"], ran["erasure"]) == (TAX, None)
        (tmp_path / "notice.json").write_text(await typed("ito", "show", number, "--notice"))
        key = public_key(city.office.settings)
        await typed("ito", "verify", str(tmp_path / "notice.json"), "--key", key)
        assert "利用停止通知" in await typed("ito", "show", number, "--page")
        (tmp_path / "scan.pdf").write_bytes(b"scan")
        await typed("kato", "confirm", number, "--result", "deleted", "--by", "税務課長", "--way", "paper",
                    "--paper", str(tmp_path / "scan.pdf"))  # fmt: skip
        shown = orjson.loads(await typed("ito", "show", number, "--json"))
        assert (shown["state"], shown["open"]) == ("confirmed", [])
        assert shown["confirmations"][0]["paper_sha256"] == sha256(b"scan").hexdigest()
        assert number in await typed("ito", "show")
        words = ("erase", "verify", str(tmp_path / "notice.json"), "--key", key)
        refused = await asyncio.to_thread(run, "ito", *words)
        assert "not-a-certificate" in str(refused.exception)
