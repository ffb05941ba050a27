"""Copies on a real register: every request is written down, and every way to a hidden address ends in a refusal."""

import asyncio
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
import typer
from typer.testing import CliRunner

from hub.database import Database
from hub.people import Duty
from producers import certificate_cli
from producers.certificates import office
from producers.certificates.decision import Asked, Asker, Basis, Copy, Refused
from producers.certificates.office import Request
from producers.household import Record
from producers.todokede import answer
from tests.house import House
from tests.integration.producers.registry import NOW, residents
from tests.office import cheap_passwords, opened

CLERK = uuid4()
OWN = Asked(Basis.OWN, Asker())


async def couple(db: Database) -> list[tuple[UUID, Record]]:
    """A household of several, its head first, nobody of whom is protected."""
    homes: dict[str, list[tuple[UUID, Record]]] = {}
    for who, record in await residents(db):
        homes.setdefault(record["household_no"], []).append((who, record))
    return next(home for home in homes.values() if len(home) >= 3 and not home[0][1]["protected"])


async def hide(db: Database, who: UUID, party: UUID | None = None, stated: Any = None) -> None:
    """Put somebody under protection from `party`."""
    record = next(one for each, one in await residents(db) if each == who) | {"protected": True}
    await db.execute(
        "UPDATE registry.resident SET protected = true, record = $2 WHERE resident = $1", who, orjson.dumps(record)
    )
    await db.execute(
        "INSERT INTO registry.other_party (resident, place, party, stated) VALUES ($1, 1, $2, $3)", who, party,
        orjson.dumps(stated) if stated else None,
    )  # fmt: skip


async def told(db: Database, request: Request) -> Any:
    outcome = (await office.answer(db, request, CLERK, NOW)).outcome
    return outcome.code if isinstance(outcome, Refused) else outcome


async def written(db: Database) -> list[Any]:
    return await db.fetch("SELECT * FROM registry.certificate ORDER BY asked_at, code")


async def test_an_issue_is_written_down_with_who_asked_by_what_right_and_what_is_on_it(db: Database) -> None:
    (head, record), *_ = await couple(db)
    request = Request([record["atena_no"]], replace(OWN, special=frozenset({"honseki"})), record["atena_no"])
    copy = await told(db, request)
    assert isinstance(copy, Copy)
    [line] = await written(db)
    assert (line["code"], line["article"], line["kind"], line["issued_by"]) == ("issued", "12条1項", "person", CLERK)
    assert (line["subjects"], line["items"]) == ([head], copy.items)
    assert orjson.loads(line["asked_by"]) == {"resident": str(head)}


async def test_the_households_copy_has_everybody_with_the_head_first(db: Database) -> None:
    home = await couple(db)
    request = Request([home[1][1]["atena_no"]], replace(OWN, whole=True), home[1][1]["atena_no"])
    copy = await told(db, request)
    names = [next(row.text for row in rows if row.item == "name") for rows in copy.persons]
    assert (names[0], sorted(names)) == (home[0][1]["name"], sorted(record["name"] for _, record in home))


async def test_nobody_gets_a_copy_of_nobody(db: Database) -> None:
    (_, record), *_ = await couple(db)
    assert await told(db, Request([record["atena_no"], "999"], OWN, record["atena_no"])) == "not-on-register"
    assert [line["code"] for line in await written(db)] == ["not-on-register"]


async def test_the_other_party_is_refused_on_every_way_and_each_attempt_is_written_down(db: Database) -> None:
    (head, his), (wife, hers), *_ = await couple(db)
    await hide(db, wife, head)
    by_name = Asker(name=his["name"].replace("\u3000", " "), address="見本市", purpose="所在の確認")
    attempts = [
        Request([hers["atena_no"]], OWN, his["atena_no"]),
        Request([his["atena_no"]], replace(OWN, whole=True), his["atena_no"]),
        Request([hers["atena_no"]], Asked(Basis.THIRD, by_name, examined=True)),
        Request([hers["atena_no"]], Asked(Basis.ORGAN, replace(by_name, organ="見本税務署"), examined=True)),
    ]  # fmt: skip
    assert {await told(db, attempt) for attempt in attempts} == {"refused-by-law"}
    assert [line["code"] for line in await written(db)] == ["refused-by-law"] * 4
    assert isinstance(await told(db, Request([hers["atena_no"]], OWN, hers["atena_no"])), Copy)


async def test_whoever_fled_is_found_neither_by_the_removed_record_nor_by_a_child_that_came_back(db: Database) -> None:
    """She moves away with the child, is hidden from him, and the child comes back to him."""
    home = await couple(db)
    (head, his), (wife, hers), (_, its) = home[:3]
    shelter = {"town": "隠町", "number": "3番3号", "text": "見本県見本市隠町3番3号"}
    with_child = {"atena_nos": [hers["atena_no"], its["atena_no"]], "movers": {its["atena_no"]: "子"}}
    assert (await file(db, "R-1", "relocate", moved_on="2026-04-01", address=shelter, head=hers["atena_no"],
                       **with_child)) == "accepted"  # fmt: skip
    await hide(db, wife, head)
    assert (await file(db, "R-2", "relocate", moved_on="2026-04-02", address=his["address"],
                       household_no=his["household_no"], atena_nos=[its["atena_no"]],
                       movers={its["atena_no"]: "子"})) == "accepted"  # fmt: skip
    copy = await told(db, Request([its["atena_no"]], OWN, his["atena_no"]))
    assert "隠町" not in str([row.text for rows in copy.persons for row in rows])
    assert copy.withheld == {"previous_address", "notified_date"}
    copy = await told(db, Request([its["atena_no"]], OWN, its["atena_no"]))
    assert "隠町" in str([row.text for rows in copy.persons for row in rows])


async def file(db: Database, receipt: str, act: str, **stated: Any) -> str:
    said = {"receipt": receipt, "act": act, "notified_on": "2026-04-02", **stated}
    return (await answer(db, orjson.dumps(said), NOW)).result


async def test_a_removed_record_says_why_and_since_when_and_the_other_party_has_none(db: Database) -> None:
    (head, his), (wife, hers), *_ = await couple(db)
    destination = {"text": "想定県雛形村大字隠1番地"}
    assert (await file(db, "R-1", "move-out", atena_nos=[hers["atena_no"]], moves_on="2026-04-01",
                       destination=destination)) == "accepted"  # fmt: skip
    asked = replace(OWN, removed=True)
    copy = await told(db, Request([hers["atena_no"]], asked, hers["atena_no"]))
    found = {row.item: row.text for row in copy.persons[0]}
    assert (found["change_reason"], found["removal_date"], found["move_out_destination"]) == (
        "転出", "令和8年4月1日", destination["text"],
    )  # fmt: skip
    assert await told(db, Request([hers["atena_no"]], asked, his["atena_no"])) == "not-entitled"
    await hide(db, wife, head)
    third = Asked(Basis.THIRD, Asker(address="見本市", purpose="確認", name=his["name"]), removed=True, examined=True)
    assert await told(db, Request([hers["atena_no"]], third, his["atena_no"])) == "refused-by-law"


async def test_whoever_was_never_here_is_known_by_name(db: Database) -> None:
    (_, _), (wife, hers), *_ = await couple(db)
    await hide(db, wife, None, {"name": "想定　追", "birth_date": "1970-01-01"})
    for name, born, code in (("想定追", None, "refused-by-law"), ("想定　追", "1971-01-01", "examine-first")):
        asker = Asker(name=name, birth_date=born, address="見本市", purpose="確認")
        assert await told(db, Request([hers["atena_no"]], Asked(Basis.THIRD, asker))) == code


@pytest.fixture
async def clerk(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as office_of:
        token = await office_of.hired("ito", Duty.CLERK)
        monkeypatch.setattr(certificate_cli, "now", office_of.clock)
        monkeypatch.setattr(certificate_cli, "settings", lambda: office_of.with_token(token))
        yield office_of


async def test_the_command_writes_a_file_of_its_callers_alone_or_none(clerk: Any, tmp_path: Path) -> None:
    from hub.database import connect  # noqa: PLC0415 - this test alone
    from producers.city import load  # noqa: PLC0415 - as above

    async with connect(clerk.settings.registry_dsn, 1) as registry:
        await load(registry, 20, 7)
    app = typer.Typer()
    app.command("certificate")(certificate_cli.certificate)

    async def typed(*words: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, app, [*words, "--issuer", "見本市長"])

    page, data = tmp_path / "copy.html", tmp_path / "copy.json"
    for out in (page, data):
        done = await typed("--for", "0000000001", "--by", "0000000001", "--out", str(out))
        assert (done.exit_code, stat.S_IMODE(out.stat().st_mode)) == (0, 0o600)
        assert UUID(done.stdout.strip())
    assert ("住民票の写し" in page.read_text(), orjson.loads(data.read_bytes())["issuer"]) == (True, "見本市長")
    again = await typed("--for", "0000000001", "--by", "0000000001", "--out", str(page))
    assert getattr(again.exception, "code", None) == "not-a-new-file"
    none = tmp_path / "none.html"
    refused = await typed("--for", "0000000001", "--by", "0000000019", "--out", str(none))
    assert (getattr(refused.exception, "code", None), none.exists()) == ("not-entitled", False)
    assert [line[1:] for line in await clerk.noted("ito")][-2:] == [
        ("certificate-issue", "begun"), ("certificate-issue", "not-entitled"),
    ]  # fmt: skip
