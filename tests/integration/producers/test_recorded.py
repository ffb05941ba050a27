"""What the registry has recorded comes out as it went in, in order, and whoever has no year of birth is listed."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from contracts.change import parse
from contracts.contract import Population
from hub.config import Settings
from hub.database import Database
from hub.errors import UsageError
from producers import outbox, recorded, recorded_cli
from producers.recorded import one, since, unknown_ages
from tests.contracts.agreed import agreed
from tests.integration.producers.registry import correction, residents

BEGIN = datetime(2026, 4, 2, 1, 0, tzinfo=UTC)
CHILDREN, EVERYBODY = agreed(id="children", population=Population(age_to=18)), agreed(id="everybody")


async def write(db: Database, count: int) -> list[bytes]:
    """`count` corrections, a minute apart, each of another resident; what went out."""
    people = await residents(db)
    for number in range(count):
        async with db.transaction() as tx:
            await outbox.record(tx, [correction(*people[number], number)], BEGIN + timedelta(minutes=number))
    return [row["change"] for row in await db.fetch("SELECT change FROM registry.outbox ORDER BY id")]


async def test_a_period_comes_out_whole_and_in_order_over_any_number_of_pages(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "PAGE", 2)
    went_out = await write(db, 7)
    assert [body async for body in since(db, BEGIN)] == went_out
    assert [body async for body in since(db, BEGIN + timedelta(minutes=4))] == went_out[4:]


async def test_a_change_is_found_by_its_id_and_by_no_other(db: Database) -> None:
    [went_out] = await write(db, 1)
    assert await one(db, UUID(parse(went_out).id)) == went_out
    assert await one(db, UUID(int=7)) is None


@pytest.mark.parametrize("birth", [None, {"year": None, "month": 5, "day": None, "text": "不詳"}])
async def test_whoever_has_no_year_of_birth_is_listed_with_those_who_leave_them_out(db: Database, birth: Any) -> None:
    resident, record = (await residents(db))[3]
    unknown = orjson.dumps(record | {"birth_date": birth})
    await db.execute("UPDATE registry.resident SET record = $2 WHERE resident = $1", resident, unknown)
    found = [each async for each in unknown_ages(db, [CHILDREN, EVERYBODY])]
    assert (record["atena_no"], ["children"]) in found
    assert all(left_out == ["children"] for _, left_out in found)


async def test_who_has_a_year_is_judged_by_it_and_not_listed(db: Database) -> None:
    resident, record = (await residents(db))[3]
    only_a_year = orjson.dumps(record | {"birth_date": {"year": 1920, "month": None, "day": None, "text": "大正9年頃"}})
    await db.execute("UPDATE registry.resident SET record = $2 WHERE resident = $1", resident, only_a_year)
    assert record["atena_no"] not in [number async for number, _ in unknown_ages(db, [CHILDREN])]


def asked(dsn: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    """The command `jukihub` with `words`, on this registry."""
    monkeypatch.setattr(recorded_cli, "settings", lambda: Settings(registry=dsn, token_file=Path("no-login")))
    app = typer.Typer()
    recorded_cli.commands(app, app)
    return CliRunner().invoke(app, words)


async def test_a_recorded_change_goes_into_a_pipe_as_it_went_out(
    dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    [went_out] = await write(db, 1)
    found = await asyncio.to_thread(asked, dsn, monkeypatch, "changes", "--id", parse(went_out).id)
    assert (found.exit_code, found.stdout_bytes) == (0, went_out + b"\n")
    period = await asyncio.to_thread(asked, dsn, monkeypatch, "changes", "--days", "36500")
    assert period.stdout_bytes == went_out + b"\n"
    assert isinstance((await asyncio.to_thread(asked, dsn, monkeypatch, "changes", "--id", str(UUID(int=7)))).exception,
                      UsageError)  # fmt: skip


async def test_the_list_names_nobody_but_by_number(dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    resident, record = (await residents(db))[3]
    unknown = orjson.dumps(record | {"birth_date": None})
    await db.execute("UPDATE registry.resident SET record = $2 WHERE resident = $1", resident, unknown)
    found = await asyncio.to_thread(asked, dsn, monkeypatch, "unknown-ages")
    lines = [orjson.loads(line) for line in found.stdout.splitlines()]
    assert record["atena_no"] in [line["atena_no"] for line in lines]
    assert {*lines[0]} == {"atena_no", "contracts"}
