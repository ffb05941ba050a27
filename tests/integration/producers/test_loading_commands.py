"""`jukihub snapshot`, `review`, `year` and `todokede --as-brought` as they are typed, and what they refuse."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub import cli
from hub.config import Settings, settings
from hub.database import connect
from hub.errors import JukiError
from producers.city import load

RESIDENTS, SEED = 60, 7


@pytest.fixture
def jukihub(databases: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """The command line, in a registry with a village."""

    async def filled() -> None:
        async with connect(databases.registry_dsn, 1) as db:
            await load(db, RESIDENTS, SEED)

    asyncio.run(filled())
    for name in ("database", "registry"):
        monkeypatch.setenv(f"HUB_{name.upper()}", getattr(databases, name))
    monkeypatch.setenv("HUB_DATA", str(tmp_path))
    settings.cache_clear()

    def run(*arguments: str, given: str | None = None):
        return CliRunner().invoke(cli.build(list(arguments)), list(arguments), input=given)

    yield run
    settings.cache_clear()


def test_a_first_load_says_what_it_did_and_status_shows_it(jukihub) -> None:
    said = json.loads(jukihub("snapshot", "tax", "--per-second", "0", "--json").stdout)
    assert (said["told"], said["contracts"]) == (RESIDENTS, ["tax"])
    shown = [json.loads(line) for line in jukihub("snapshot", "status", "--json").stdout.splitlines()]
    assert [(one["run"], one["told"], one["registered"]) for one in shown] == [(said["run"], RESIDENTS, RESIDENTS)]
    assert "60 residents, ended" in jukihub("snapshot", "status").stdout


@pytest.mark.parametrize(("arguments", "code"), [
    (["prefecture"], "no-mirror"), (["nobody"], "unknown-contract"), ([], "name-contracts-or-all"),
    (["tax", "--all"], "name-contracts-or-all"),
])  # fmt: skip
def test_what_cannot_be_loaded_is_refused_by_name(jukihub, arguments: list[str], code: str) -> None:
    refused = jukihub("snapshot", *arguments).exception
    assert isinstance(refused, JukiError)
    assert refused.code == code


def test_a_review_tells_each_day_once_and_none_ahead(jukihub) -> None:
    assert [set(json.loads(line)) for line in jukihub("review", "--json").stdout.splitlines()] == [{"day", "told"}]
    assert jukihub("review").stdout == ""
    assert jukihub("review", "--on", "2999-01-01").exception.code == "not-yet-come"


def test_the_notices_of_a_year_are_filed_as_brought(jukihub) -> None:
    notices = jukihub("year", "--residents", str(RESIDENTS), "--seed", str(SEED), "--year", "2027").stdout
    assert notices
    answered = jukihub("todokede", "--as-brought", "-", given=notices)
    assert {json.loads(line)["result"] for line in answered.stdout.splitlines()} == {"accepted"}
    assert jukihub("todokede", "--as-brought", "-", given='{"receipt": "x"}').exception.code == "no-time-in-receipt"


def test_the_measurements_of_every_room_stand_together() -> None:
    said = CliRunner().invoke(cli.build(["bench"]), ["bench", "--help"]).stdout
    assert all(name in said for name in ("decide", "route", "snapshot", "year"))
