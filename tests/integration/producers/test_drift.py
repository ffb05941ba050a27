"""A counterpart that no longer holds what it was told: found without a word about anybody, and told again lawfully."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from consumers.subscribe import Compared, document
from contracts import book
from hub import accounts, tokens
from hub.clock import now
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import ApprovalRequired, DependencyUnavailable, NotPermitted, UsageError
from hub.people import Duty
from producers.city import load
from producers.drift import desk as desks
from producers.drift import paper, telling
from producers.drift.desk import Desk
from producers.drift.finding import DIFFERENT, FOREIGN, MISSING, Finding
from producers.household import Record
from producers.register import SQL as REGISTER
from producers.todokede import today
from tests.conformance.counterparts import Standing
from tests.conformance.samples import IDENTIFIER
from tests.house import House, made_databases
from tests.integration.producers.post import Post, opened
from tests.integration.producers.registry import NOW, residents
from tests.office import FIRST, cheap_passwords, command_line

KEY = bytes(range(32))
BOOK = book.load().contracts
MIRRORS = ("convenience-store", "intermediate-server")
SIZE = 24
MEASURE = {"category": "DV", "starts_on": "2026-04-01", "ends_on": "2027-03-31"}
STRANGER = "999999999999999"


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """Stand-ins that can tell digests."""
    made = Standing("--digest-key-file", str(key_file(tmp_path_factory.mktemp("keys"))))
    yield made
    made.stop()


def key_file(folder: Path) -> Path:
    file = folder / "digests.key"
    file.touch(mode=0o600)
    file.write_text(KEY.hex(), encoding="ascii")
    return file


@asynccontextmanager
async def town(house: House, standing: Standing, folder: Path, via: str) -> AsyncIterator[Post]:
    with made_databases(house, folder / "data") as own:
        async with standing.of(via) as counterpart, opened(own, counterpart, SIZE) as post:
            await accounts.first(post.hub, "root", FIRST, post.now)
            yield post


@pytest.fixture
async def store(
    house: House, standing: Standing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Post]:
    """A town whose convenience stores know everybody."""
    cheap_passwords(monkeypatch)
    async with town(house, standing, tmp_path, "convenience-store") as post:
        await post.first_load()
        yield post


async def at_once() -> None:
    """No time between two looks."""


async def looked(post: Post, at: Desk) -> list[Finding]:
    return await at.look(post.contract, KEY, at_once)


def sorts(findings: list[Finding]) -> dict[str, tuple[str, str]]:
    """Pseudonym -> sort and remedy; a stranger's is empty."""
    return {(one.pseudonym or b"").hex(): (one.sort, one.remedy) for one in findings}


async def planted(post: Post) -> dict[str, tuple[str, UUID]]:
    """Differences of every sort, each with what is to be found: one altered, one lost, one who has died, one stranger,
    and at the stores one who is protected and held all the same."""
    (one, first), (two, second), (three, third), (four, fourth), (_, other), *_ = await post.people()
    await post.died(three, third)
    if post.contract == "convenience-store":
        await post.changed(four, "PROTECTION_STARTED", fourth, protected=True, dv_protection=MEASURE)
    await post.carry()
    foreign = {post.number(third): post.number(other), STRANGER: post.number(other)}
    found = {MISSING: [two], DIFFERENT: [one], FOREIGN: [three]}
    if post.contract == "convenience-store":
        foreign[post.number(fourth)] = post.number(other)
        found[FOREIGN].append(four)
    await post.plant(altered=[post.number(first)], lost=[post.number(second)], foreign=foreign)
    return {await post.pseudonym(who): (sort, who) for sort, people in found.items() for who in people}


@pytest.mark.parametrize("via", MIRRORS)
async def test_every_sort_is_found_with_the_change_that_is_missing_and_healed_the_normal_way(
    house: House, standing: Standing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, via: str
) -> None:
    cheap_passwords(monkeypatch)
    async with town(house, standing, tmp_path, via) as post:
        await post.first_load()
        ito = await post.desk("ito", Duty.OPERATOR)
        assert await looked(post, ito) == []
        expected = await planted(post)

        found = await looked(post, ito)
        assert sorts(found) == {name: (sort, "tell-again") for name, (sort, _) in expected.items()} | {
            "": (FOREIGN, "stranger")
        }
        for one in found:
            if one.pseudonym:
                assert one.missing is not None
                assert one.missing.change == await post.last_change(expected[one.pseudonym.hex()][1])
                assert one.missing.hand_over == "delivered"

        told_before = {name: len(post.way.records(name)) for name in BOOK}
        healed = await ito.heal(via, KEY, at_once, "after a restore")
        assert sorts(healed.told).keys() == expected.keys()
        assert [one.remedy for one in healed.left] == ["stranger"]
        assert {one.remedy for one in await looked(post, ito)} == {"on-its-way", "stranger"}, "nothing is written there"
        await post.carry()
        assert sorts(await looked(post, ito)) == {"": (FOREIGN, "stranger")}
        more = {name: len(post.way.records(name)) - count for name, count in told_before.items()}
        assert {name: count for name, count in more.items() if count} == {via: len(expected)}
        assert await post.told_again() == {"entered": 2, "deleted": 1} | ({"left": 1} if via == MIRRORS[0] else {})


async def test_what_the_counterpart_was_never_told_is_said_to_be_so(store: Post) -> None:
    (who, _), *_ = await store.people()
    async with store.registry.transaction() as tx:
        newcomer = await tx.fetchrow("SELECT record FROM registry.resident WHERE resident = $1", who)
        record: Record = json.loads(newcomer["record"]) | {"atena_no": "000000000077777"}
        await tx.execute(
            "INSERT INTO registry.resident (resident, atena_no, household_no, my_number, status, protected, record) "
            "VALUES (gen_random_uuid(), $1, $2, NULL, 'registered', false, $3)",
            b"000000000077777", record["household_no"].encode(), json.dumps(record).encode(),
        )  # fmt: skip
    [found] = await looked(store, await store.desk("ito", Duty.OPERATOR))
    assert (found.sort, found.missing, found.remedy) == (MISSING, None, "tell-again")
    assert "never told" in found.in_words()


async def test_what_is_on_its_way_or_waits_behind_a_letter_is_not_told_again(store: Post) -> None:
    (one, first), (two, second), *_ = await store.people()
    await store.counterpart.switch("refuse-one", subject=store.number(second))
    await store.changed(two, "MINOR_CORRECTION", second, alias_name="見本 二")
    await store.carry()
    await store.changed(one, "MINOR_CORRECTION", first, alias_name="見本 一")
    ito = await store.desk("ito", Duty.OPERATOR)
    expected = {
        await store.pseudonym(one): (DIFFERENT, "on-its-way"), await store.pseudonym(two): (DIFFERENT, "dead-letter"),
    }  # fmt: skip
    assert sorts(await looked(store, ito)) == expected
    await store.route()
    assert sorts(await looked(store, ito)) == expected, "told, and not yet in the inbox"
    healed = await ito.heal(store.contract, KEY, at_once, "too early")
    assert (healed.told, sorts(healed.left)) == ([], expected)
    assert await store.registry.fetchval("SELECT count(*) FROM registry.outbox") == 0


async def test_what_arrives_between_two_looks_has_not_drifted(store: Post) -> None:
    (who, record), *_ = await store.people()
    await store.changed(who, "MINOR_CORRECTION", record, alias_name="見本 一")
    ito = await store.desk("ito", Duty.OPERATOR)
    assert await ito.look(store.contract, KEY, store.carry) == []


async def test_many_are_told_again_only_when_a_second_person_has_approved_them(store: Post) -> None:
    lost = [record for _, record in await store.people()][:5]
    await store.plant(lost=[store.number(record) for record in lost])
    few = store.settings.model_copy(update={"told_again_alone": 4})
    both = await store.desk("ito", Duty.OPERATOR, Duty.APPROVER)
    ito = Desk(few, store.hub, store.registry, both.bearer, store.clock)
    kato = await store.desk("kato", Duty.APPROVER)
    healed = await ito.heal(store.contract, KEY, at_once, "after a restore")
    assert healed.order is not None
    assert (healed.told, len(healed.order.subjects)) == ([], 5)
    assert [one.id for one in await kato.requests()] == [healed.order.id]
    assert await store.registry.fetchval("SELECT count(*) FROM registry.outbox") == 0
    with pytest.raises(ApprovalRequired, match="second-person-is-the-first"):
        await ito.approve(healed.order.id)
    assert await kato.approve(healed.order.id) == (store.contract, 5)
    with pytest.raises(NotPermitted, match="already-approved"):
        await kato.approve(healed.order.id)
    await store.carry()
    assert await looked(store, both) == []


async def test_an_approved_order_that_was_cut_off_is_carried_on_and_tells_nobody_twice(
    store: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = [record for _, record in await store.people()][:3]
    await store.plant(lost=[store.number(record) for record in lost])
    ito = await store.desk("ito", Duty.OPERATOR)
    alone = Desk(store.settings.model_copy(update={"told_again_alone": 0}), store.hub, store.registry, ito.bearer,
                 store.clock)  # fmt: skip
    order = (await alone.heal(store.contract, KEY, at_once, "after a restore")).order
    assert order is not None
    kato = await store.desk("kato", Duty.APPROVER)

    async def cut_off(*_: Any) -> None:
        raise DependencyUnavailable("database-unavailable", "PostgreSQL")

    with monkeypatch.context() as patched:
        patched.setattr(desks.telling_again, "end", cut_off)
        with pytest.raises(DependencyUnavailable):
            await kato.approve(order.id)
    assert await kato.approve(order.id) == (store.contract, 3)
    assert await store.registry.fetchval("SELECT count(*) FROM registry.outbox") == 3


async def test_of_the_prefecture_it_is_said_and_a_clerk_tells_it(
    house: House, standing: Standing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap_passwords(monkeypatch)
    async with town(house, standing, tmp_path, "prefecture") as post:
        ito = await post.desk("ito", Duty.OPERATOR)
        healed = await ito.heal("prefecture", KEY, at_once, "of no use")
        assert {(one.sort, one.remedy, one.missing) for one in healed.left} == {(MISSING, "no-mirror", None)}
        assert (healed.told, len(healed.left)) == ([], SIZE)
        assert await post.registry.fetchval("SELECT count(*) FROM registry.outbox") == 0


async def test_who_may_not_and_what_cannot_be_looked_at_is_refused_and_noted(store: Post) -> None:
    clerk, auditor = await store.desk("abe", Duty.CLERK), await store.desk("sato", Duty.AUDITOR)
    with pytest.raises(NotPermitted, match="duty-missing"):
        await looked(store, clerk)
    assert await looked(store, auditor) == []
    with pytest.raises(NotPermitted, match="duty-missing"):
        await auditor.heal(store.contract, KEY, at_once, "of no use")
    for name, code in (("tax", "no-digests"), ("nobody", "unknown-contract"), ("prefecture", "no-counterpart"),
                       ("jlis-delivery", "not-comparable")):  # fmt: skip
        with pytest.raises(UsageError, match=code):
            await auditor.look(name, KEY, at_once)
    rows = await store.hub.fetch("SELECT act, object, code FROM hub.audit ORDER BY id")
    noted = [(row["act"], row["object"], row["code"]) for row in rows]
    assert ("drift-see", store.contract, "done") in noted
    assert ("tell-again", store.contract, "duty-missing") in noted
    assert ("drift-see", "tax", "no-digests") in noted


async def test_telling_again_of_who_has_died_owes_them_no_birthday(db: Database) -> None:
    (who, last), *_ = await residents(db)
    born = last | {"birth_date": "2007-04-02", "protected": False}
    async with db.transaction() as tx:
        await tx.execute(REGISTER["remove"], who, orjson.dumps(born))
        await tx.execute("INSERT INTO registry.reviewed (day, ended_at) VALUES ($1, $2)", date(2026, 3, 30), NOW)
    assert await telling.tell_again(db, UUID(int=1), BOOK["convenience-store"], [who], NOW) == [who]
    assert [row["kind"] for row in await db.fetch("SELECT kind FROM registry.history")] == ["SNAPSHOT"]


@pytest.fixture
def jukihub(databases: Settings, standing: Standing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """The command line in a village whose convenience stores were never told of anybody; as whom it is typed."""
    cheap_passwords(monkeypatch)

    async def filled() -> dict[str, str]:
        async with connect(databases.registry_dsn, 1) as registry, connect(databases.database, 1) as hub:
            await load(registry, SIZE, 7)
            await accounts.first(hub, "root", FIRST, now())
            people = {name: await accounts.add(hub, name, frozenset({duty}), FIRST, now())
                      for name, duty in (("ito", Duty.OPERATOR), ("kato", Duty.APPROVER))}  # fmt: skip
            async with standing.of("convenience-store") as counterpart:
                monkeypatch.setenv("HUB_COUNTERPARTS", f"convenience-store={counterpart.url}")
            return {name: (await tokens.new(hub, one.id, "test", tokens.LONGEST, now()))[1]
                    for name, one in people.items()}  # fmt: skip

    typed_by = asyncio.run(filled())
    with command_line(databases, tmp_path, typed_by, monkeypatch) as run:
        yield run


def test_it_is_typed_by_two_persons_and_says_what_is_left(jukihub: Any, tmp_path: Path) -> None:
    drift = ("drift", "convenience-store", "--key", str(key_file(tmp_path)), "--settle", "0")
    found = jukihub("ito", *drift)
    assert (found.exit_code, found.stdout.count("never told")) == (3, found.stdout.count("missing"))
    assert jukihub("ito", *drift, "--heal").exception.code == "missing"
    asked = jukihub("ito", *drift, "--heal", "--reason", "after a restore", "--json")
    said = json.loads(asked.stdout)
    assert (asked.exit_code, said["told_again"]) == (4, [])
    count = said["counts"]["missing"]
    assert len(said["findings"]) == count == len(said["request"]["residents"])
    [waiting] = json.loads(jukihub("kato", "again", "requests", "--json").stdout)
    assert waiting["request"] == said["request"]["request"]
    approved = jukihub("kato", "again", "approve", waiting["request"], "--json")
    assert json.loads(approved.stdout)["count"] == count
    assert "on-its-way" in jukihub("ito", *drift).stdout


def test_what_a_department_has_handed_over_is_compared_in_two_steps(jukihub: Any, tmp_path: Path) -> None:
    file, names = tmp_path / "theirs.json", paper.permitted(BOOK["tax"], today(now()))
    compared = Compared("tax", "atena_no", names)
    drift = ("drift", "tax", "--key", str(key_file(tmp_path)), "--theirs", str(file), "--settle", "0")
    file.write_bytes(document(compared, KEY, [], now()))
    first = jukihub("ito", *drift)
    wanted = first.stdout.removeprefix("--buckets ").strip().split(",")
    assert (first.exit_code, first.stdout.count("\n")) == (3, 1)
    file.write_bytes(document(compared, KEY, [], now(), None, wanted))
    second = json.loads(jukihub("ito", *drift, "--json").stdout)
    assert (second["wanted"], {*second["counts"]}) == ([], {MISSING})
    assert len(second["findings"]) >= len(wanted)
    assert {one["digest"] for one in second["findings"]} == {None}, "each has a pseudonym, and nothing beside it"
    file.write_bytes(document(Compared("tax", "atena_no", ("atena_no", "name")), KEY, [], now()))
    assert jukihub("ito", *drift).exception.code == "not-whole"
    file.write_bytes(document(compared, KEY[::-1], [], now()))
    assert jukihub("ito", *drift).exception.code == "another-key-or-altered"


def test_every_mirror_that_can_be_asked_is_keyed_by_what_its_counterpart_is_keyed_by() -> None:
    assert {name: BOOK[name].identifier for name in MIRRORS} == {name: IDENTIFIER[name] for name in MIRRORS}
