"""In production a command that shows or changes something asks who types it; in development a pipe needs no login."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from contracts.errors import JukiError
from hub import accounts, audit, cli, config, tokens
from hub.clock import now
from hub.config import Settings
from hub.database import connect
from hub.errors import NotPermitted, UsageError
from hub.people import Duty
from producers.city import load
from tests.house import House, made_databases
from tests.office import FIRST, cheap_passwords

ID: Final = "01930000-0000-7000-8000-000000000001"
PERSONS: Final = (
    "changes", f"changes --id {ID}", "unknown-ages", "due", "expiring", "received -", "todokede -",
    "keys grant --contract child-policy --to pyproject.toml", "topics rotate router", "reconcile", "snapshot tax",
    "snapshot --all", "snapshot status", "snapshot ids tax",
)  # fmt: skip
NOTICE: Final = {"receipt": "R-1", "act": "relocate", "notified_on": "2026-04-01"}


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Types a command under these settings: what it prints, or the error that it ends with."""

    def run(words: str, given: str = "", **named: str) -> str:
        for name, value in {"data": str(tmp_path), "kafka": "127.0.0.1:1", **named}.items():
            monkeypatch.setenv(f"HUB_{name.upper()}", value)
        config.settings.cache_clear()
        done = CliRunner().invoke(cli.build(words.split()), words.split(), input=given)
        if isinstance(done.exception, JukiError):
            raise done.exception
        return done.stdout

    yield run
    config.settings.cache_clear()


@pytest.mark.threat("P1")
@pytest.mark.parametrize("words", PERSONS)
def test_in_production_nobody_gets_in_without_a_login(words: str, typing: Any) -> None:
    with pytest.raises(NotPermitted) as refused:
        typing(words, env="production")
    assert (refused.value.code, refused.value.exit_code) == ("no-token", 5)


@pytest.fixture
def village(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Twenty people on the register, and no account yet."""
    cheap_passwords(monkeypatch)
    with made_databases(house, tmp_path / "data") as settings:
        asyncio.run(_settled(settings))
        yield settings


async def _settled(settings: Settings) -> None:
    async with connect(settings.registry_dsn, 1) as registry:
        await load(registry, 20, 7)


async def _hired(settings: Settings, *duties: Duty) -> str:
    """The token of a new account, named after its first duty."""
    async with connect(settings.database, 1) as database:
        await accounts.first(database, "root", FIRST, now())
        person = await accounts.add(database, duties[0].value, frozenset(duties), FIRST, now())
        return (await tokens.new(database, person.id, "timer", timedelta(days=90), now()))[1]


async def _noted(settings: Settings) -> list[tuple[str, str, str, str]]:
    async with connect(settings.database, 1) as database:
        found = await audit.entries(database, now() - timedelta(hours=1))
    return [(one.name, one.entry.act, one.entry.object, one.entry.code) for one in found if one.name != "root"]


def test_a_timer_with_a_token_of_its_own_is_let_in_and_noted(village: Settings, typing: Any) -> None:
    here = {"database": village.database, "registry": village.registry, "env": "production"}
    clerk = asyncio.run(_hired(village, Duty.CLERK))
    answered = json.loads(typing("todokede -", json.dumps(NOTICE), token=clerk, **here))
    assert (answered["receipt"], answered["result"]) == ("R-1", "refused")
    assert typing("changes --days 3", token=clerk, **here) == typing("due", token=clerk, **here) == ""
    assert asyncio.run(_noted(village)) == [
        ("clerk", "todokede-file", "R-1", "begun"), ("clerk", "todokede-file", "R-1", answered["code"]),
        ("clerk", "changes-read", "recorded", "begun"), ("clerk", "changes-read", "recorded", "done"),
        ("clerk", "register-list", "due", "begun"), ("clerk", "register-list", "due", "done"),
    ]  # fmt: skip


def test_in_production_one_person_alone_hands_nobody_keys(village: Settings, typing: Any) -> None:
    here = {"database": village.database, "registry": village.registry, "env": "production"}
    operator = asyncio.run(_hired(village, Duty.OPERATOR))
    with pytest.raises(NotPermitted, match="takes-two-persons"):
        typing("keys grant --contract tax --to pyproject.toml", token=operator, **here)
    assert [line[1:] for line in asyncio.run(_noted(village))][-1] == ("keys-grant", "tax", "takes-two-persons")


def test_whoever_has_another_duty_is_refused_and_noted_also_in_development(village: Settings, typing: Any) -> None:
    here = {"database": village.database, "registry": village.registry}
    operator = asyncio.run(_hired(village, Duty.OPERATOR))
    for words in ("changes", "todokede -"):
        with pytest.raises(NotPermitted, match="duty-missing"):
            typing(words, json.dumps(NOTICE), token=operator, **here)
    assert json.loads(typing("snapshot tax --per-second 0 --json", token=operator, **here))["told"] == 20
    assert [line[1:] for line in asyncio.run(_noted(village))] == [
        ("changes-read", "recorded", "duty-missing"), ("todokede-file", "R-1", "duty-missing"),
        ("first-load", "tax", "begun"), ("first-load", "tax", "done"),
    ]  # fmt: skip


def test_in_development_a_pipe_needs_no_login_and_a_login_that_counts_no_more_is_none(
    village: Settings, typing: Any
) -> None:
    here = {"database": village.database, "registry": village.registry}
    assert json.loads(typing("todokede -", json.dumps(NOTICE), **here))["result"] == "refused"
    assert asyncio.run(_noted(village)) == []
    with pytest.raises(NotPermitted, match="token-unknown"):
        typing("todokede -", json.dumps(NOTICE), token="jukihub_" + "x" * 43, **here)


def test_who_is_halted_is_seen_and_let_go_on_by_a_person_with_a_reason(village: Settings, typing: Any) -> None:
    here = {"database": village.database, "registry": village.registry}
    with pytest.raises(NotPermitted, match="no-token"):
        typing("halted list", **here)
    who = asyncio.run(_halted(village))
    clerk, operator = (asyncio.run(_hired(village, duty)) for duty in (Duty.CLERK, Duty.OPERATOR))
    [seen] = json.loads(typing("halted list --json", token=clerk, **here))
    assert (seen["resident"], seen["code"], seen["waiting"]) == (who, "bad-json", 1)
    with pytest.raises(NotPermitted, match="duty-missing"):
        typing(f"halted resume {who} --reason 1.4-reads-it", token=clerk, **here)
    assert json.loads(typing(f"halted resume {who} --reason 1.4-reads-it --json", token=operator, **here)) == {
        "resident": who, "waiting": 1}  # fmt: skip
    assert json.loads(typing("halted list --json", token=clerk, **here)) == []
    with pytest.raises(UsageError, match="not-halted"):
        typing(f"halted resume {who} --reason again", token=operator, **here)
    assert [line for line in asyncio.run(_noted(village)) if line[0] == "operator"] == [
        ("operator", "halted-resume", who, code) for code in ("begun", "done", "begun", "not-halted")
    ]


async def _halted(settings: Settings) -> str:
    async with connect(settings.registry_dsn, 1) as registry:
        who = await registry.fetchval("SELECT resident FROM registry.resident LIMIT 1")
        await registry.execute("INSERT INTO registry.outbox (shard, resident, change) VALUES (0, $1, '{')", who)
        await registry.execute("INSERT INTO registry.halted (resident, code) VALUES ($1, 'bad-json')", who)
    return str(who)
