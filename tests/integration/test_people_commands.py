"""From an empty database to a colleague at work, by the commands that a person types; and the API as a process."""

import asyncio
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from contracts.errors import JukiError
from hub import accounts, cli, config, tokens
from hub.config import Settings
from hub.database import connect
from hub.run import now
from tests.house import House, made_databases
from tests.office import FIRST, SECOND, cheap_passwords
from tests.processes import Processes, text_of, until


@pytest.fixture
def here(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    cheap_passwords(monkeypatch)
    with made_databases(house, tmp_path / "data") as settings:
        for name, value in {
            "HUB_DATABASE": settings.database, "HUB_DATA": str(settings.data), "HUB_PREFIX": settings.prefix,
            "HUB_TOKEN_FILE": str(tmp_path / "token"),
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        config.settings.cache_clear()
        yield settings
        config.settings.cache_clear()


def typed(*words: str, given: str = "") -> str:
    """What the command prints; its error where it has one."""
    done = CliRunner().invoke(cli.build([*words]), [*words], input=given)
    if done.exception is not None:
        raise done.exception
    return done.stdout


def code(*words: str, given: str = "") -> tuple[str, int]:
    """Code and exit code of a command that is refused."""
    with pytest.raises(JukiError) as refused:
        typed(*words, given=given)
    return refused.value.code, refused.value.exit_code


def login(name: str, password: str) -> None:
    typed("people", "login", name, "--password-stdin", given=password)


def test_the_first_makes_the_others_and_each_of_them_does_their_own(here: Settings, tmp_path: Path) -> None:
    first = ("people", "add", "root", "--password-stdin")
    assert code(*first, "--duty", "operator", given=FIRST) == ("first-is-administrator", 2)
    assert typed(*first, given=FIRST) == "root: administrator\n"
    assert code("people", "list") == ("no-token", 5)
    login("root", FIRST)
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600

    made = json.loads(typed("people", "add", "ito", "--duty", "viewer", "--duty", "operator", "--json"))
    typed("people", "add", "abe", "--duty", "auditor")
    assert typed("people", "list").splitlines() == ["abe: auditor", "ito: operator, viewer", "root: administrator"]

    given = made["password"]
    assert code("people", "login", "ito", "--password-stdin", given=given) == ("password-to-be-changed", 5)
    typed("people", "passwd", "ito", "--password-stdin", given=f"{given}\n{SECOND}\n")
    login("ito", SECOND)
    assert typed("people", "show") == "ito: operator, viewer\n"
    assert code("people", "retire", "abe") == ("duty-missing", 5)
    assert code("audit", "list") == ("duty-missing", 5)

    token = typed("people", "token", "new", "--label", "night shift").strip()
    [of_login, own] = json.loads(typed("people", "token", "list", "--json"))
    assert (of_login["label"], own["label"], token in json.dumps(own)) == ("login", "night shift", False)
    typed("people", "token", "revoke", of_login["id"])
    assert code("people", "show") == ("token-revoked", 5)

    login("root", FIRST)
    typed("people", "token", "revoke", own["id"], "--of", "ito")
    typed("people", "duties", "abe", "--duty", "viewer", "--duty", "auditor")
    reset = typed("people", "passwd", "abe", "--reset").strip()
    typed("people", "passwd", "abe", "--password-stdin", given=f"{reset}\n{FIRST}")
    login("abe", FIRST)
    lines = json.loads(typed("audit", "list", "--person", "ito", "--json"))
    assert [(one["act"], one["code"]) for one in lines][-3:] == [
        ("self-tokens", "begun"), ("self-tokens", "done"), ("self-see", "token-revoked"),
    ]  # fmt: skip
    assert UUID(lines[0]["person"]) == UUID(made["id"])
    everything = json.dumps(lines) + typed("audit", "list")
    assert [secret for secret in (given, reset, FIRST, SECOND, token) if secret in everything] == []


async def test_the_api_is_a_process_as_every_other(here: Settings, tmp_path: Path) -> None:
    async with connect(here.database, size=1) as database:
        root = await accounts.first(database, "root", FIRST, now())
        assert root is not None
        token = (await tokens.new(database, root.id, "test", timedelta(days=1), now()))[1]
    processes = Processes({**config.inherited(), "HUB_DATABASE": here.database, "HUB_DATA": str(here.data)}, tmp_path)
    port = free_port()
    processes.hub("api", "api", "--port", str(port))
    try:
        status = await until(lambda: asyncio.to_thread(answered, port, token), bool, "the API to answer")
        unknown = await asyncio.to_thread(answered, port, "jukihub_")
        metrics = await asyncio.to_thread(text_of, f"http://127.0.0.1:{processes.port('api')}/metrics")
    finally:
        processes.stop()
    assert (status, unknown) == (200, 401)
    assert 'hub_api_answers_total{code="401"} 1.0' in metrics
    assert token not in processes.logs()


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def answered(port: int, token: str) -> int:
    """The status of an answer; 0 while nobody answers."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return int(refused.code)
    except OSError:
        return 0
