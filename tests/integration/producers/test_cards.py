"""A certificate's serial leads to its one resident while it counts, and to nobody before, after, or instead."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from typer.testing import CliRunner

from hub import audit
from hub.database import Database, connect
from hub.errors import UsageError
from hub.people import Duty
from producers import accuracy_cli, card_cli, cards
from producers.cards import Known, Unknown
from producers.city import load
from producers.todokede import answer
from tests.house import House
from tests.integration.producers.registry import NOW, residents
from tests.office import Office, cheap_passwords, opened

LAST = date(2031, 4, 2)
SERIAL = cards.serial_of("5a3c01")


async def entered(db: Database, serial: bytes = SERIAL, atena_no: str = "0000000013", last: date = LAST) -> None:
    async with db.transaction() as tx:
        await cards.enter(tx, serial, atena_no, last, NOW)


async def checked(db: Database, serial: bytes = SERIAL, later: timedelta = timedelta()) -> Known | Unknown:
    async with db.transaction() as tx:
        return await cards.check(tx, serial, NOW + later)


async def test_a_certificate_leads_to_its_resident_until_its_last_day_is_over(db: Database) -> None:
    await entered(db)
    who = next(who for who, record in await residents(db) if record["atena_no"] == "0000000013")
    days = {0: Known(who, "0000000013"), (LAST - NOW.date()).days: Known(who, "0000000013"),
            (LAST - NOW.date()).days + 1: Unknown("expired"), -1: Unknown("not-yet-valid")}  # fmt: skip
    assert {day: await checked(db, later=timedelta(days=day)) for day in days} == days
    assert await checked(db, cards.serial_of("5A3C02")) == Unknown("unknown-serial")


async def test_a_revoked_one_counts_no_more_and_is_revoked_once(db: Database) -> None:
    await entered(db)
    async with db.transaction() as tx:
        await cards.revoke(tx, SERIAL, "lost", NOW + timedelta(hours=1))
    assert isinstance(await checked(db, later=timedelta(minutes=59)), Known)
    assert await checked(db, later=timedelta(hours=1)) == Unknown("revoked")
    with pytest.raises(UsageError, match="not-in-force"):
        async with db.transaction() as tx:
            await cards.revoke(tx, SERIAL, "lost", NOW)


async def test_a_new_certificate_ends_the_one_before_and_a_serial_is_issued_once(db: Database) -> None:
    await entered(db)
    await entered(db, cards.serial_of("5A3C02"))
    assert (await checked(db), isinstance(await checked(db, cards.serial_of("5A3C02")), Known)) == (
        Unknown("revoked"), True,
    )  # fmt: skip
    with pytest.raises(UsageError, match="known-serial"):
        await entered(db, atena_no="0000000001")
    with pytest.raises(UsageError, match="not-on-register"):
        await entered(db, cards.serial_of("7"), "999")


async def test_two_certificates_entered_at_once_leave_one_in_force(db: Database) -> None:
    serials = [cards.serial_of(f"{number:X}") for number in range(16, 22)]
    await asyncio.gather(*(entered(db, serial) for serial in serials))
    in_force = [serial for serial in serials if isinstance(await checked(db, serial), Known)]
    assert len(in_force) == 1


async def test_whoever_has_left_the_register_is_not_identified(db: Database) -> None:
    await entered(db)
    death = {"receipt": "R-1", "act": "death", "atena_no": "0000000013", "died_on": "2026-04-01",
             "notified_on": "2026-04-02"}  # fmt: skip
    assert (await answer(db, orjson.dumps(death), NOW)).result == "accepted"
    assert await checked(db) == Unknown("not-on-register")


@pytest.mark.parametrize("text", ["", "５A", "G1", "0" * 41, "5a 3c"])
def test_what_is_no_serial_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="bad-serial"):
        cards.serial_of(text)


def test_one_serial_has_one_form() -> None:
    assert {cards.serial_of(text) for text in ("5a3c", "5A3C", "005A3C")} == {b"5A3C"}
    assert cards.serial_of("000") == b"0"


@pytest.fixture
async def office(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as made:
        token = await made.hired("ito", Duty.CLERK)
        for module in (card_cli, accuracy_cli):
            monkeypatch.setattr(module, "now", made.clock)
            monkeypatch.setattr(module, "settings", lambda: made.with_token(token))
        async with connect(made.settings.registry_dsn, 1) as registry:
            await load(registry, 20, 7)
        yield made


async def typed(*words: str) -> Any:
    app = typer.Typer()
    card_cli.commands(app, app)
    app.command("accuracy")(accuracy_cli.accuracy_of)
    return await asyncio.to_thread(CliRunner().invoke, app, [*words])


async def test_the_command_says_yes_or_no_and_who_and_the_audit_says_why(office: Office) -> None:
    assert (await typed("card", "enter", "5A3C01", "--for", "0000000013", "--expires", "2031-04-02")).exit_code == 0
    yes = await typed("card", "check", "5a3c01")
    assert (yes.stdout, yes.exit_code) == ("yes 0000000013\n", 0)
    assert (await typed("card", "revoke", "5A3C01", "--reason", "lost")).exit_code == 0
    no = await typed("card", "check", "5A3C01", "--json")
    assert (orjson.loads(no.stdout), no.exit_code) == ({"valid": False}, 5)
    found = await audit.entries(office.database, office.now - timedelta(days=1), "ito")
    ends = [one.entry.details["ended"] for one in found if one.entry.act == "card-check" and one.entry.code == "done"]
    assert ends == ["known", "revoked"]


async def test_the_command_for_accuracy_ends_in_3_where_something_is_wrong_and_names_nobody(office: Office) -> None:
    well = await typed("accuracy", "--json")
    assert well.exit_code == 0
    async with connect(office.settings.registry_dsn, 1) as registry:
        (who, record), *_ = await residents(registry)
        wrong = orjson.dumps(record | {"sex": "9"})
        await registry.execute("UPDATE registry.resident SET record = $2 WHERE resident = $1", who, wrong)
    found = await typed("accuracy", "--json")
    told = orjson.loads(found.stdout)
    assert (found.exit_code, told["counts"]["bad-form"]) == (3, 1)
    assert {"code": "bad-form", "weight": "wrong", "resident": str(who), "place": "sex"} in told["findings"]
    assert (record["name"] in found.stdout, record["atena_no"] in found.stdout) == (False, False)
