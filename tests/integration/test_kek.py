"""A KEK is replaced by two persons while everything runs; on a real PostgreSQL, with the journal in memory."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner

from consumers.pull.access import AccessKeys
from hub import accounts, acts, cli, config, destroyed, tokens
from hub.clock import now
from hub.config import Settings
from hub.database import Connection, Database
from hub.destroyed import Erasure
from hub.errors import ApprovalRequired, DatabaseError, DependencyUnavailable, NotPermitted, UsageError
from hub.kek import rewrapping
from hub.kek.keeping import DESTROY, ROTATE, Keeper
from hub.kek.rewrapping import HowFar
from hub.keys import KeyStore
from hub.people import Duty
from hub.wrapping import wrapper
from tests import softhsm
from tests.house import House
from tests.office import NOW, Office, cheap_passwords, opened

DAY, OWNER = date(2026, 4, 2), "prefecture"
CLIENT = f"client:{UUID(int=6)}:tax:read"
JOURNAL: list[Erasure] = []


@pytest.fixture
async def office(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async def journal(_settings: Settings, _principal: str) -> list[Erasure]:
        return JOURNAL

    cheap_passwords(monkeypatch)
    monkeypatch.setattr(destroyed, "journal", journal)
    async with opened(house, tmp_path) as office:
        office.settings = office.settings.model_copy(update={"kek": f"file:{tmp_path / 'keks'}"})
        yield office
    JOURNAL.clear()


async def keeper(office: Office, name: str, *duties: Duty) -> Keeper:
    bearer = await tokens.bearer(office.database, await office.hired(name, *duties), office.now)
    return Keeper(office.settings, office.database, bearer, office.clock)


async def both(office: Office) -> tuple[Keeper, Keeper]:
    return await keeper(office, "ito", Duty.OPERATOR), await keeper(office, "kato", Duty.APPROVER)


def store(office: Office) -> KeyStore:
    return KeyStore(office.database, wrapper(office.settings))


async def filled(office: Office, count: int) -> dict[str, bytes]:
    """So many content keys, and one of each other kind of what is wrapped."""
    keys, kek = store(office), wrapper(office.settings)
    made = {}
    for n in range(count):
        key = await keys.content_key(OWNER, DAY - timedelta(days=n))
        made[key.kid] = key.key
    made["pseudonym"] = await keys.pseudonym_key(OWNER)
    made["access"] = (await AccessKeys(office.database, kek).of(DAY))[1].raw_value
    await office.database.execute(
        """INSERT INTO inbox.copy_erasures (id, contract, number_wrapped, reason, requested_by, requested_at, kek)
        VALUES ($1, 'intermediate-server', $2, 'x', $1, now(), $3)""",
        UUID(int=5), kek.wrap(b"7" * 32, str(UUID(int=5))), kek.version,
    )  # fmt: skip
    await client(office.database, kek.wrap(b"s" * 32, CLIENT), kek.version)
    return made


async def client(database: Database, wrapped: bytes, kek: str) -> None:
    await database.execute(
        """INSERT INTO inbox.client_requests (id, contract, label, rights, reason, asked_by, asked_at)
        VALUES ($1, 'tax', 'x', '{read}', 'x', $1, now())""", UUID(int=7),
    )  # fmt: skip
    await database.execute(
        """INSERT INTO inbox.clients (id, request, approved_by, approved_at, secret, kek, bound)
        VALUES ($1, $2, $1, now(), $3, $4, true)""",
        UUID(int=6), UUID(int=7), wrapped, kek,
    )  # fmt: skip


async def still_open(office: Office, made: dict[str, bytes]) -> dict[str, bytes]:
    """The same keys, asked of somebody who has none in memory."""
    keys, kek = store(office), wrapper(office.settings)
    found = {kid: (await keys.by_kid(kid)).key for kid in made if kid.startswith(f"{OWNER}.")}
    number = await office.database.fetchval("SELECT number_wrapped FROM inbox.copy_erasures")
    secret = await office.database.fetchval("SELECT secret FROM inbox.clients")
    assert (kek.unwrap(number, str(UUID(int=5))), kek.unwrap(secret, CLIENT)) == (b"7" * 32, b"s" * 32)
    access = await AccessKeys(office.database, kek).named(DAY.isoformat())
    assert access is not None
    return found | {"pseudonym": await keys.pseudonym_key(OWNER), "access": access.raw_value}


async def states(office: Office) -> dict[str, str]:
    return {one.id: one.state for one in await rewrapping.keks(office.database, wrapper(office.settings))}


def quiet(_moved: HowFar) -> None:
    pass


@pytest.mark.trap("C14")
async def test_what_one_asks_for_and_another_approves_puts_everything_under_a_new_kek_and_retires_the_old(
    office: Office,
) -> None:
    made, seen = await filled(office, 230), list[HowFar]()
    running = store(office)
    known = await running.content_key(OWNER, DAY)
    ito, kato = await both(office)
    order = await ito.ask(ROTATE, "", "年次の更新")
    assert (await states(office), [one.id for one in await kato.requests()]) == ({"file-1": "wraps"}, [order.id])
    done = await kato.approve(order.id, seen.append)
    assert (done.moved, done.retired) == (HowFar(234, 0, 0), ("file-1",))
    assert [one.done for one in seen] == [100, 200, 231, 232, 233, 234]
    assert await states(office) == {"file-1": "retired", done.kek: "wraps"}
    assert await still_open(office, made) == made
    assert (await running.content_key(OWNER, DAY), await running.pseudonym_key(OWNER)) == (known, made["pseudonym"])
    assert ("kato", "kek-rotate-approve", "done") in await office.noted("kato")
    assert await kato.requests() == []


async def test_nobody_replaces_a_kek_alone_and_nobody_without_the_duty(office: Office) -> None:
    alone, sato = await keeper(office, "ito", Duty.OPERATOR, Duty.APPROVER), await keeper(office, "sato", Duty.VIEWER)
    order = await alone.ask(ROTATE, "", "it is time")
    with pytest.raises(ApprovalRequired, match="second-person-is-the-first"):
        await alone.approve(order.id, quiet)
    for act in (sato.approve(order.id, quiet), sato.ask(ROTATE, "", "x"), sato.resume(quiet)):
        with pytest.raises(NotPermitted, match="duty-missing"):
            await act
    assert wrapper(office.settings).ids() == ["file-1"]


KILLED = """
import asyncio, sys
from hub.config import Settings
from hub.database import connect
from hub.kek.rewrapping import rewrapped
from hub.wrapping import wrapper

async def run(dsn, kek):
    async with connect(dsn, size=1) as database:
        async for moved in rewrapped(database, wrapper(Settings(kek=kek)), 2):
            print(moved.done, flush=True)

asyncio.run(run(*sys.argv[1:]))
"""


async def test_killed_in_the_middle_everything_still_opens_and_it_is_carried_on_with_the_same_kek(
    office: Office,
) -> None:
    made = await filled(office, 150)
    ito, kato = await both(office)
    order = await ito.ask(ROTATE, "", "it is time")

    class Cut(Exception):
        pass

    def cut(_moved: HowFar) -> None:
        raise Cut

    with pytest.raises(Cut):
        await kato.approve(order.id, cut)
    await asyncio.to_thread(killed, office.settings)
    assert sorted((await states(office)).values()) == ["leaving", "wraps"]
    assert await still_open(office, made) == made
    done = await ito.resume(quiet)
    assert (0 < done.moved.done < 54, done.retired, len(wrapper(office.settings).ids())) == (True, ("file-1",), 2)
    assert await still_open(office, made) == made
    assert (await kato.approve(order.id, quiet)).moved == HowFar(0, 0, 0)  # it has ended


def killed(settings: Settings) -> None:
    command = [sys.executable, "-c", KILLED, settings.database, settings.kek]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL


@pytest.mark.trap("C12")
async def test_what_was_destroyed_is_not_wrapped_anew_and_does_not_come_back(office: Office) -> None:
    made = await filled(office, 3)
    gone = sorted(made)[1]
    JOURNAL.append(Erasure(uuid4(), "by-order", (gone,), uuid4(), uuid4(), NOW))  # and the row is there, as in a backup
    ito, kato = await both(office)
    done = await kato.approve((await ito.ask(ROTATE, "", "it is time")).id, quiet)
    assert (done.moved.done, done.retired) == (6, ("file-1",))
    assert await office.database.fetch("SELECT kid FROM hub.keys WHERE kid = $1", gone) == []


async def test_nothing_is_wrapped_under_a_retired_kek(office: Office) -> None:
    await filled(office, 1)
    ito, kato = await both(office)
    await kato.approve((await ito.ask(ROTATE, "", "it is time")).id, quiet)
    with pytest.raises(DatabaseError, match="sqlstate-0LP02"):
        await put(office.database, "file-1")
    with pytest.raises(DatabaseError, match="sqlstate-0LP02"):
        await office.database.execute("UPDATE inbox.access_keys SET kek = 'file-1'")


async def test_a_kek_is_not_retired_under_what_is_being_wrapped_at_that_moment(office: Office) -> None:
    await put(office.database, "file-1", "tax.2026-04-01")
    await office.database.execute("INSERT INTO hub.keks (id) VALUES ('file-2-00000000')")
    await office.database.execute("UPDATE hub.keys SET kek = 'file-2-00000000'")
    async with office.database.transaction() as held:
        await put(held, "file-1")
        retiring = asyncio.create_task(rewrapping.retire(office.database, "file-2-00000000", NOW))
        done, _ = await asyncio.wait({retiring}, timeout=0.2)
        assert done == set()
    assert await retiring == []


async def put(database: Database | Connection, kek: str, kid: str = "tax.2026-04-02") -> None:
    await database.execute(
        "INSERT INTO hub.keys (kid, owner, purpose, wrapped, kek) VALUES ($1, 'tax', 'content', $2, $3)",
        kid, bytes(60), kek,
    )  # fmt: skip


async def test_what_needs_a_kek_that_is_not_there_is_counted_and_keeps_its_kek_from_being_retired(
    office: Office, tmp_path: Path
) -> None:
    made = await filled(office, 2)
    ito, kato = await both(office)
    order = await ito.ask(ROTATE, "", "it is time")
    wrapper(office.settings).place.make()  # as a run that was cut off leaves it: the one that is taken
    (tmp_path / "keks" / "kek").rename(tmp_path / "away")
    done = await kato.approve(order.id, quiet)
    assert (done.moved, done.retired) == (HowFar(0, 6, 0), ())
    assert sorted((await states(office)).values()) == ["lost", "wraps"]
    (tmp_path / "away").rename(tmp_path / "keks" / "kek")
    assert ((await kato.approve(order.id, quiet)).retired, await still_open(office, made)) == (("file-1",), made)


@pytest.mark.threat("K2")
@pytest.mark.trap("C12")
async def test_a_retired_kek_is_destroyed_by_two_persons_and_a_backup_under_it_opens_no_more(office: Office) -> None:
    made = await filled(office, 2)
    backup = await office.database.fetchrow("SELECT kid, wrapped FROM hub.keys ORDER BY kid LIMIT 1")
    assert backup is not None
    ito, kato = await both(office)
    with pytest.raises(UsageError, match="kek-not-retired"):
        await ito.ask(DESTROY, "file-1", "too early")
    await kato.approve((await ito.ask(ROTATE, "", "it is time")).id, quiet)
    assert wrapper(office.settings).unwrap(backup["wrapped"], backup["kid"])
    order = await ito.ask(DESTROY, "file-1", "the backups are over")
    with pytest.raises(NotPermitted, match="duty-missing"):
        await ito.approve(order.id, quiet)
    await kato.approve(order.id, quiet)
    await kato.approve(order.id, quiet)
    with pytest.raises(DependencyUnavailable, match="kek-unknown"):
        wrapper(office.settings).unwrap(backup["wrapped"], backup["kid"])
    assert (sorted((await states(office)).values()), await still_open(office, made)) == (["destroyed", "wraps"], made)


async def test_every_table_that_names_a_kek_is_among_those_that_are_wrapped_anew(office: Office) -> None:
    rows = await office.database.fetch(
        """SELECT c.table_schema || '.' || c.table_name AS name FROM information_schema.columns c
        WHERE c.column_name = 'kek' AND EXISTS (SELECT FROM information_schema.columns w WHERE w.data_type = 'bytea'
            AND (w.table_schema, w.table_name) = (c.table_schema, c.table_name))"""
    )  # fmt: skip
    assert {row["name"] for row in rows} == {"hub.keys", "inbox.clients", "inbox.access_keys", "inbox.copy_erasures"}
    assert len(rewrapping.SOURCES) == len(rows)


@pytest.fixture(scope="module")
def pin() -> Path:
    return softhsm.token()


@pytest.mark.trap("C14")
async def test_keys_move_from_a_file_into_a_token_and_open_there_alone(office: Office, pin: Path) -> None:
    made, former = await filled(office, 3), office.settings.kek
    office.settings = office.settings.model_copy(update={"kek": softhsm.uri(pin), "kek_former": former})
    ito, kato = await both(office)
    with pytest.raises(NotPermitted, match="kek-not-ordered"):
        await ito.make()
    done = await kato.approve((await ito.ask(ROTATE, "", "into the token")).id, quiet)
    assert ([done.kek], done.moved.done, done.retired) == (wrapper(office.settings).place.ids(), 7, ("file-1",))
    office.settings = office.settings.model_copy(update={"kek_former": ""})
    assert await still_open(office, made) == made
    assert (await store(office).content_key(OWNER, DAY + timedelta(days=1))).kid == f"{OWNER}.{DAY + timedelta(days=1)}"


@pytest.mark.threat("P8")
async def test_one_person_wraps_nothing_under_a_kek_of_their_own_place(office: Office, tmp_path: Path) -> None:
    made, ours = await filled(office, 3), office.settings
    await asyncio.to_thread(own_place, tmp_path / "mine")
    await both(office)
    office.settings = ours.model_copy(update={"kek": f"file:{tmp_path / 'mine'}", "kek_former": ours.kek})
    alone = await keeper(office, "mori", Duty.OPERATOR)
    with pytest.raises(NotPermitted, match="kek-not-ordered"):
        await alone.resume(quiet)
    with pytest.raises(DatabaseError, match="sqlstate-0LP02"):
        await store(office).content_key("tax", DAY)
    office.settings = ours
    assert (await states(office), await still_open(office, made)) == ({"file-1": "wraps"}, made)


def own_place(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    file = folder / "file-2-deadbeef"
    file.touch(mode=0o600)
    file.write_bytes(bytes(32))


async def test_what_was_approved_and_has_no_kek_is_not_carried_on_by_one_nor_for_an_approver_who_has_left(
    office: Office,
) -> None:
    await filled(office, 1)
    ito, kato = await both(office)
    order = await ito.ask(ROTATE, "", "it is time")
    await acts.approve(office.database, "kek", order.id, kato.bearer.person, office.now, acts.ROTATE_KEK)
    await ito.resume(quiet)
    assert (await states(office), await acts.ended(office.database, order.id)) == ({"file-1": "wraps"}, None)
    await accounts.retire(office.database, "kato", office.now)
    with pytest.raises(NotPermitted, match="approver-retired"):
        await (await keeper(office, "mori", Duty.APPROVER)).approve(order.id, quiet)
    assert await states(office) == {"file-1": "wraps"}


@pytest.fixture
def typed(office: Office, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    def type_in(person: str, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("hub.cli.kek.settings", lambda: office.with_token(person))
        config.settings.cache_clear()
        done = CliRunner().invoke(cli.build(["keys"]), ["keys", "kek", *arguments])
        return done.exit_code, done.stdout

    return type_in


async def test_on_the_command_line(office: Office, typed: Callable[..., tuple[int, str]]) -> None:
    await filled(office, 1)
    office.now = now()  # commands have the real clock
    ito, kato = await office.hired("ito", Duty.OPERATOR), await office.hired("kato", Duty.APPROVER)
    run = asyncio.to_thread
    _, number = await run(typed, ito, "rotate", "--reason", "年次の更新")
    code, said = await run(typed, ito, "requests", "--json")
    assert (code, json.loads(said)[0]["request"]) == (0, number.strip())
    code, said = await run(typed, kato, "approve", number.strip(), "--json")
    done = json.loads(said)
    assert (code, done["wrapped"], done["lost"], done["retired"]) == (0, 5, 0, ["file-1"])
    code, said = await run(typed, kato, "status", "--json")
    assert [(one["kek"], one["state"], sum(one["under"].values())) for one in json.loads(said)] == [
        ("file-1", "retired", 0), (done["kek"], "wraps", 5)]  # fmt: skip
