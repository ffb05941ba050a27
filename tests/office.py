"""A database with an administrator and a clock, for tests about persons: made-up colleagues, never residents."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from contracts.errors import JukiError
from hub import accounts, audit, cli, passwords, tokens
from hub.config import Settings, settings
from hub.database import Database, connect
from hub.people import Duty, Person
from tests.house import House, made_databases

NOW = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
FIRST, SECOND = "three blue birds fly", "four green birds swim"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@dataclass
class Office:
    """Accounts that a test makes, at a time that stands until the test puts it on."""

    database: Database
    settings: Settings
    now: datetime = NOW

    def clock(self) -> datetime:
        return self.now

    async def person(self, name: str, *duties: Duty) -> Person:
        return await accounts.add(self.database, name, frozenset(duties), FIRST, self.now)

    async def token(self, person: Person, lasting: timedelta = timedelta(days=1)) -> str:
        return (await tokens.new(self.database, person.id, "test", lasting, self.now))[1]

    async def hired(self, name: str, *duties: Duty) -> str:
        """A new person's token."""
        return await self.token(await self.person(name, *duties))

    def with_token(self, token: str) -> Settings:
        return self.settings.model_copy(update={"token": SecretStr(token)})

    async def noted(self, name: str | None = None) -> list[tuple[str, str, str]]:
        found = await audit.entries(self.database, NOW - timedelta(days=1), name)
        return [(one.name, one.entry.act, one.entry.code) for one in found]


def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests to which it is not the point what a hash costs."""
    monkeypatch.setattr(passwords, "_HASHER", CHEAP)
    passwords._of_nobody.cache_clear()


@asynccontextmanager
async def opened(house: House, folder: Path) -> AsyncIterator[Office]:
    """An office with databases of its own; `root` is the administrator."""
    with made_databases(house, folder / "data") as made:
        own = made.model_copy(update={"token_file": folder / "keys" / "token"})
        async with connect(made.database) as database:
            await accounts.first(database, "root", FIRST, NOW)
            yield Office(database, own)


@contextmanager
def command_line(
    own: Settings, data: Path, typed_by: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Result]]:
    """The command line on these databases, in this process: who types (by name, with a token), which words, and what is
    `given` on stdin."""
    monkeypatch.setenv("HUB_DATABASE", own.database)
    monkeypatch.setenv("HUB_REGISTRY", own.registry)
    monkeypatch.setenv("HUB_DATA", str(data))
    monkeypatch.setenv("HUB_SECRETS", str(own.secrets_dir))

    def run(name: str, *arguments: str, given: str | None = None) -> Result:
        monkeypatch.setenv("HUB_TOKEN", typed_by[name])
        settings.cache_clear()
        return CliRunner().invoke(cli.build(list(arguments)), list(arguments), input=given)

    yield run
    settings.cache_clear()


def typed(*words: str, code: int = 0) -> str:
    """What a command prints in this process under the settings as they stand; or the error that it ends with."""
    done = CliRunner().invoke(cli.build([*words]), [*words])
    if isinstance(done.exception, JukiError):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout
