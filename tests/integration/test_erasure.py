"""Content keys are destroyed by two persons, once and for good; on a real PostgreSQL, with the journal in memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from contracts.change import JAPAN
from hub import accounts, acts, cli, config, destroyed, keys, tokens
from hub.acts import End
from hub.bus import Incoming
from hub.clock import now
from hub.config import Settings
from hub.database import Database, connect
from hub.destroyed import Erasure
from hub.erasure import Eraser, Wish
from hub.errors import (
    ApprovalRequired,
    DatabaseError,
    JukiError,
    KeyDestroyed,
    NotPermitted,
    ProduceFailed,
    TokenRefused,
    UsageError,
)
from hub.keys import KeyStore
from hub.people import Duty
from hub.seal import Place, Sheet, seal
from hub.wrapping import wrapper
from tests.house import House, made_databases
from tests.journal import Journal
from tests.office import NOW, Office, cheap_passwords, opened

OWNER, TODAY = "prefecture", NOW.astimezone(JAPAN).date()
OLD = [TODAY - timedelta(days=n) for n in (3, 2, 1)]
KIDS = [f"{OWNER}.{day}" for day in OLD]
UNTIL = OLD[1]
OTHER = UUID(int=99)


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> Journal:
    return Journal().stand_in(monkeypatch)


@pytest.fixture
async def office(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as office:
        store = KeyStore(office.database, wrapper(office.settings))
        for day in (*OLD, TODAY):
            await store.content_key(OWNER, day)
        await store.content_key("elections", UNTIL)
        yield office


async def eraser(office: Office, name: str, *duties: Duty) -> Eraser:
    bearer = await tokens.bearer(office.database, await office.hired(name, *duties), office.now)
    return Eraser(office.settings, office.database, bearer, office.clock)


async def both(office: Office) -> tuple[Eraser, Eraser]:
    return await eraser(office, "ito", Duty.OPERATOR), await eraser(office, "kato", Duty.APPROVER)


async def standing(office: Office, owner: str = OWNER) -> list[str]:
    rows = await office.database.fetch("SELECT kid FROM hub.keys WHERE owner = $1 ORDER BY kid", owner)
    return [row["kid"] for row in rows]


async def erased(office: Office) -> list[str]:
    return [row["kid"] for row in await office.database.fetch("SELECT kid FROM hub.erased_keys ORDER BY kid")]


async def store(office: Office) -> KeyStore:
    return await destroyed.keys(office.settings, office.database, "router")


async def refused(store: KeyStore, kid: str = KIDS[0]) -> str:
    with pytest.raises(TokenRefused) as found:
        await store.by_kid(kid)
    return found.value.code


@pytest.mark.trap("C12", "K7")
async def test_what_one_asks_for_and_another_approves_is_destroyed_and_nothing_else(
    office: Office, journal: Journal
) -> None:
    ito, kato = await both(office)
    order = await ito.ask(Wish(OWNER, UNTIL), "年度の保存期間が満了した")
    assert (order.kids, await standing(office)) == (tuple(KIDS[:2]), [*KIDS, f"{OWNER}.{TODAY}"])
    assert [one.id for one in await kato.requests()] == [order.id]
    assert await kato.approve(order.id) == End("destroyed", 2)
    assert (await standing(office), await erased(office)) == ([KIDS[2], f"{OWNER}.{TODAY}"], KIDS[:2])
    assert await standing(office, "elections") == [f"elections.{UNTIL}"]
    [one] = await journal.read(office.settings, "")
    assert (one.act, one.rule, one.kids) == (order.id, "by-order", tuple(KIDS[:2]))
    assert (one.asked_by, one.approved_by) == (ito.bearer.person.id, kato.bearer.person.id)
    assert "満了" not in str(journal.records)
    assert await kato.requests() == []
    assert ("kato", "erasure-approve", "done") in await office.noted("kato")


@pytest.mark.threat("P2")
async def test_nobody_destroys_a_key_alone_and_nobody_without_the_duty(office: Office, journal: Journal) -> None:
    alone, sato = await eraser(office, "ito", Duty.OPERATOR, Duty.APPROVER), await eraser(office, "sato", Duty.OPERATOR)
    order = await alone.ask(Wish(OWNER, UNTIL), "it is time")
    with pytest.raises(ApprovalRequired, match="second-person-is-the-first"):
        await alone.approve(order.id)
    with pytest.raises(NotPermitted, match="duty-missing"):
        await sato.approve(order.id)
    assert (len(await standing(office)), journal.records) == (4, [])


@pytest.mark.threat("P8")
@pytest.mark.parametrize(("wish", "code"), [
    (Wish(OWNER, TODAY), "day-not-over"), (Wish(OWNER, OLD[0] - timedelta(days=1)), "no-such-key"),
    (Wish("nobody", UNTIL), "no-such-key"), (Wish("prefecture.pseudonym", UNTIL), "no-such-key"),
])  # fmt: skip
async def test_what_is_in_use_or_not_there_is_not_asked_for(
    office: Office, journal: Journal, wish: Wish, code: str
) -> None:  # fmt: skip
    with pytest.raises(UsageError, match=code):
        await (await eraser(office, "ito", Duty.OPERATOR)).ask(wish, "it is time")


@pytest.mark.trap("C12")
async def test_cut_off_between_topic_and_database_it_is_completed_by_whatever_starts_next(
    office: Office, journal: Journal
) -> None:
    ito, kato = await both(office)
    order = await ito.ask(Wish(OWNER, UNTIL), "it is time")
    journal.failing = journal.late = True
    with pytest.raises(ProduceFailed):
        await kato.approve(order.id)
    assert len(await standing(office)) == 4
    assert await refused(await store(office)) == "key-destroyed"
    assert (await standing(office), await erased(office)) == ([KIDS[2], f"{OWNER}.{TODAY}"], KIDS[:2])
    assert await acts.ended(office.database, order.id) == End("destroyed", 2)
    assert await destroyed.destroy(office.database, await journal.read(office.settings, "")) == 0


async def test_cut_off_before_the_topic_it_is_carried_out_by_approving_it_again(
    office: Office, journal: Journal
) -> None:
    ito, kato = await both(office)
    order = await ito.ask(Wish(OWNER, UNTIL), "it is time")
    journal.failing = True
    with pytest.raises(ProduceFailed):
        await kato.approve(order.id)
    assert (len(await standing(office)), await erased(office)) == (4, [])
    journal.failing, office.now = False, NOW + timedelta(days=2)  # too late to be approved, and it has been
    assert await kato.approve(order.id) == await kato.approve(order.id) == End("destroyed", 2)
    assert len(journal.records) == 1


async def test_an_order_whose_keys_another_has_destroyed_says_which_and_is_over(
    office: Office, journal: Journal
) -> None:
    ito, kato = await both(office)
    first, second = [await ito.ask(Wish(OWNER, UNTIL), "it is time") for _ in range(2)]
    await kato.approve(first.id)
    for _ in range(2):
        with pytest.raises(UsageError, match=f"destroyed-before.*{first.id}"):
            await kato.approve(second.id)
    assert await acts.ended(office.database, second.id) == End("destroyed-before", 0)
    assert ([one.act for one in await journal.read(office.settings, "")], await kato.requests()) == ([first.id], [])


@pytest.mark.trap("C12", "input-25")
async def test_a_database_that_knows_nothing_of_the_order_has_lost_the_key_before_anything_is_opened(
    office: Office, journal: Journal
) -> None:
    await journal.send({("", 0): destroyed.records(Erasure(OTHER, "by-order", (KIDS[0],), OTHER, UUID(int=98), NOW))})
    assert await refused(await store(office)) == "key-destroyed"
    assert (await standing(office), await erased(office)) == ([*KIDS[1:], f"{OWNER}.{TODAY}"], KIDS[:1])
    assert (await (await store(office)).by_kid(KIDS[1])).kid == KIDS[1]


@pytest.mark.threat("B7")
async def test_the_journal_has_no_say_in_keys_of_another_purpose(office: Office, journal: Journal) -> None:
    before = await (await store(office)).pseudonym_key(OWNER)
    await journal.send(
        {("", 0): destroyed.records(Erasure(OTHER, "x", (f"{OWNER}.pseudonym",), OTHER, UUID(int=98), NOW))}
    )
    await store(office)
    rows = await office.database.fetch("SELECT kid FROM hub.keys WHERE purpose = 'pseudonym'")
    assert (len(before), [row["kid"] for row in rows]) == (32, [f"{OWNER}.pseudonym"])


@pytest.mark.threat("B7")
@pytest.mark.parametrize("value", [None, b"", b"[]", b"{}", b'{"act": "x"}'])
async def test_where_the_journal_cannot_be_read_nothing_is_opened(
    office: Office, journal: Journal, value: bytes | None
) -> None:
    journal.records.append(Incoming("juki.erasures", 2, 7, None, value, (), 0))
    with pytest.raises(JukiError, match=r"erasures\[2\] offset 7.*erasure-unreadable"):
        await store(office)


def test_many_keys_are_several_records_and_every_one_is_named() -> None:
    kids = tuple(f"tax.{date(2020, 1, 1) + timedelta(days=n)}" for n in range(2500))
    sent = destroyed.records(Erasure(OTHER, "by-order", kids, OTHER, UUID(int=98), NOW))
    found = [destroyed.read(Incoming("", 0, n, one.key, one.value, (), 0)) for n, one in enumerate(sent)]
    assert (len(sent), tuple(kid for one in found for kid in one.kids)) == (3, kids)


async def destroyed_now(office: Office) -> None:
    ito, kato = await both(office)
    await kato.approve((await ito.ask(Wish(OWNER, UNTIL), "it is time")).id)


@pytest.mark.trap("C13")
async def test_a_process_that_knows_a_key_forgets_it_within_seconds_and_goes_on_with_the_others(
    office: Office, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, at = await store(office), clocked(monkeypatch)
    known = [await running.by_kid(kid) for kid in KIDS]
    await destroyed_now(office)
    assert [await running.by_kid(kid) for kid in KIDS] == known
    at(keys.LOOK_SECONDS)
    assert [await refused(running, kid) for kid in KIDS[:2]] == ["key-destroyed"] * 2
    with pytest.raises(KeyDestroyed):
        await running.content_key(OWNER, OLD[0])
    assert (await running.by_kid(KIDS[2]), (await running.content_key(OWNER, TODAY)).kid) == (
        known[2], f"{OWNER}.{TODAY}")  # fmt: skip


def clocked(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Puts the clock of every KeyStore on by so many seconds."""
    real, ahead = keys.time.monotonic, [0.0]
    monkeypatch.setattr(keys.time, "monotonic", lambda: real() + ahead[0])

    def on(seconds: float) -> None:
        ahead[0] += seconds

    return on


class Counted:
    """A database that counts what it is asked, and may be `away`."""

    def __init__(self, database: Database) -> None:
        self._database, self.asked, self.away = database, 0, False

    def __getattr__(self, name: str) -> object:
        self.asked += 1
        if self.away:
            raise DatabaseError("connection-lost")
        return getattr(self._database, name)


@pytest.mark.trap("C13")
async def test_no_token_costs_a_question_and_all_keys_together_cost_one_every_few_seconds(
    office: Office, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, at = Counted(office.database), clocked(monkeypatch)
    running = KeyStore(counted, wrapper(office.settings))  # type: ignore[arg-type]
    for kid in KIDS * 100:
        await running.by_kid(kid)
    assert counted.asked == 3
    at(keys.LOOK_SECONDS)
    for kid in KIDS * 100:
        await running.by_kid(kid)
    assert counted.asked == 4


async def test_while_the_database_is_away_known_keys_serve_for_some_minutes_and_no_longer(
    office: Office, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, at = Counted(office.database), clocked(monkeypatch)
    running = KeyStore(counted, wrapper(office.settings))  # type: ignore[arg-type]
    await running.by_kid(KIDS[0])
    counted.away = True
    at(keys.UNSEEN_SECONDS - 1)
    assert (await running.by_kid(KIDS[0])).kid == KIDS[0]
    at(keys.LOOK_SECONDS + 1)
    with pytest.raises(DatabaseError):
        await running.by_kid(KIDS[0])


@pytest.mark.trap("C12")
async def test_a_destroyed_key_is_not_made_again_not_granted_and_not_what_an_unknown_one_is(
    office: Office, journal: Journal
) -> None:
    await destroyed_now(office)
    running = KeyStore(office.database, wrapper(office.settings))  # which has not read the journal
    with pytest.raises(KeyDestroyed, match="key-destroyed"):
        await running.content_key(OWNER, UNTIL)
    assert (await refused(running), await refused(running, "tax.2020-01-01")) == ("key-destroyed", "unknown-kid")
    assert [key.kid for key in await running.content_keys(OWNER)] == [KIDS[2], f"{OWNER}.{TODAY}"]
    assert await standing(office) == [KIDS[2], f"{OWNER}.{TODAY}"]


@pytest.mark.threat("D10")
@pytest.mark.parametrize("statement", [
    "DELETE FROM hub.erased_keys", "UPDATE hub.erased_keys SET kid = 'x'", "TRUNCATE hub.erasures",
    "UPDATE hub.erasures SET kids = '{x}'",
])  # fmt: skip
async def test_what_was_destroyed_and_by_whose_order_is_never_altered(
    office: Office, journal: Journal, statement: str
) -> None:
    await destroyed_now(office)
    with pytest.raises(DatabaseError, match="sqlstate-0LP01"):
        await office.database.execute(statement)


async def test_the_plan_says_how_much_would_no_longer_open_and_touches_nothing(
    office: Office, journal: Journal
) -> None:
    store, place = KeyStore(office.database, wrapper(office.settings)), Place(OWNER, "juki.disclosures.prefecture", 0)
    for n, (day, state) in enumerate([(OLD[0], "waiting"), (OLD[1], "dead"), (OLD[2], "waiting")]):
        [token] = seal(await store.content_key(OWNER, day), place, "", 1, [Sheet(n, "", b"{}", b"k" * 16)])
        await office.database.execute(
            """INSERT INTO inbox.disclosures (contract, id, subject, partition, record_offset, token, state, code,
            received_at, next_attempt_at) VALUES ($1, $2, $3, 0, $4, $5, $6, $7, $8, $8)""",
            OWNER, UUID(int=n), b"k" * 16, n, token, state, "x" if state == "dead" else "", office.now,
        )  # fmt: skip
        told_at = datetime.combine(day, datetime.min.time(), JAPAN) + timedelta(hours=n)
        change = UUID(int=50 + n)
        await office.database.execute(
            """INSERT INTO hub.ledger (partition, ledger_offset, change, digest, subject, book, decided_on, recorded_at,
            line) VALUES (0, $1, $2, '', '', '', $3, $4, '{}')""", n, change, day, told_at,
        )  # fmt: skip
        await office.database.execute(
            """INSERT INTO hub.told (contract, partition, seq, disclosure, change, state, items, contract_hash,
            token_sha256) VALUES ($1, 0, $2, $3, $4, 'present', '{}', '', '')""", OWNER, n + 1, UUID(int=n), change,
        )  # fmt: skip
    ito = await eraser(office, "ito", Duty.VIEWER)
    found = await ito.view(Wish(OWNER, UNTIL))
    assert found.as_json() == {
        "contract": OWNER, "until": UNTIL.isoformat(), "keys": KIDS[:2], "told": 2, "on_topic": 2, "waiting": 1,
        "dead": 1,
    }  # fmt: skip
    office.now += timedelta(days=8)
    assert (await ito.view(Wish(OWNER, UNTIL))).on_topic == 0
    assert (len(await standing(office)), journal.records) == (4, [])


@pytest.fixture
def typing(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: Journal
) -> Iterator[Callable[..., str]]:
    """What a command of somebody prints; its error where it has one."""
    cheap_passwords(monkeypatch)
    with made_databases(house, tmp_path / "data") as settings:
        persons = asyncio.run(prepared(settings))
        for name in ("database", "data", "prefix", "secrets"):
            monkeypatch.setenv(f"HUB_{name.upper()}", str(getattr(settings, name)))

        def typed(who: str, *words: str) -> str:
            monkeypatch.setenv("HUB_TOKEN", persons[who])
            config.settings.cache_clear()
            done = CliRunner().invoke(cli.build([*words]), [*words])
            if done.exception is not None:
                raise done.exception
            return done.stdout

        yield typed
        config.settings.cache_clear()


async def prepared(settings: Settings) -> dict[str, str]:
    """Keys of three days, and the tokens of two persons."""
    async with connect(settings.database, size=1) as database:
        for day in OLD:
            await KeyStore(database, wrapper(settings)).content_key(OWNER, day)
        made = {}
        for name, duty in (("ito", Duty.OPERATOR), ("kato", Duty.APPROVER)):
            person = await accounts.add(database, name, frozenset({duty}), "three blue birds fly", now())
            made[name] = (await tokens.new(database, person.id, "test", timedelta(days=1), now()))[1]
        return made


def test_by_command_it_is_looked_at_asked_for_listed_and_done(typing: Callable[..., str]) -> None:
    meant = ("--contract", OWNER, "--until", UNTIL.isoformat())
    assert typing("kato", "erase", "plan", *meant).startswith(f"2 keys, {KIDS[0]} to {KIDS[1]}\n")
    assert json.loads(typing("ito", "erase", "plan", *meant, "--json"))["keys"] == KIDS[:2]
    number = typing("ito", "erase", "request", *meant, "--reason", "it is time").strip()
    assert typing("kato", "erase", "requests") == (
        f"{number} {OWNER} until {UNTIL}, 2 keys, asked by ito: it is time\n"
    )
    assert [one["request"] for one in json.loads(typing("kato", "erase", "requests", "--json"))] == [number]
    done = json.loads(typing("kato", "erase", "approve", number, "--json"))
    assert done == {"act": number, "code": "destroyed", "count": 2}
    assert typing("kato", "erase", "requests") == ""
