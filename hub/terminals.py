"""Terminals from which many residents may be extracted at once (評価書: 情報システム室に限る).

A terminal is a name and a secret in a file of that machine, which its owner alone may read. Of the secret only the
SHA-256 is kept: it is shown once, and nobody can read it again. Whoever copies the file away has another terminal, so
the file belongs where people are let in by name.
"""

import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from hub.acting import Clock, acting_as
from hub.caller import present, written
from hub.config import Settings
from hub.database import Database, connect, queries
from hub.errors import UsageError
from hub.people import Act
from hub.tokens import Bearer

PREFIX: Final = "jukiterm_"

_FORM: Final = re.compile(re.escape(PREFIX) + r"[A-Za-z0-9_-]{43}")
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{1,39}")
_OPEN: Final = "Others could read it: revoke the terminal, and allow it anew"
_SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Terminal:
    """What is known of a terminal: everything but its secret. `allowed_by`: the name of an account."""

    name: str
    allowed_by: str
    allowed_at: datetime
    revoked_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """For machines: times in RFC 3339."""
        return {
            "name": self.name, "allowed_by": self.allowed_by, "allowed_at": self.allowed_at.isoformat(),
            "revoked_at": self.revoked_at.isoformat() if self.revoked_at else None,
        }  # fmt: skip


def file_of(settings: Settings) -> Path:
    """Where the secret of this machine is looked for."""
    return settings.terminal_file or settings.data / "terminal.token"


async def here(settings: Settings, database: Database) -> str | None:
    """The name of this terminal; None where it is not allowed (any more). NotPermitted: others may read its file."""
    secret = written(file_of(settings), "terminal-file-open", _OPEN)
    if not _FORM.fullmatch(secret):
        return None
    name: str | None = await database.fetchval(_SQL["allowed"], _digest(secret))
    return name


@dataclass(frozen=True, slots=True)
class Office:
    """Where terminals are allowed, with one caller before it."""

    database: Database
    bearer: Bearer
    now: Clock

    async def allow(self, name: str) -> tuple[Terminal, str]:
        """A terminal from now on, and its secret, which is shown this once."""
        check_name(name)
        secret = PREFIX + secrets.token_urlsafe(32)
        act = Act.TERMINALS_MANAGE
        async with acting_as(self.bearer, self.database, act, name, self.now, {"terminal": name}) as person:
            at = self.now()
            if not await self.database.execute(_SQL["allow"], uuid4(), name, _digest(secret), person.id, at):
                raise UsageError("terminal-known", "name", "Revoke it first, or take another name")
        return Terminal(name, person.name, at), secret

    async def everybody(self) -> list[Terminal]:
        """Every terminal that was ever allowed, oldest first."""
        async with acting_as(self.bearer, self.database, Act.TERMINALS_SEE, "all", self.now):
            return [_terminal(row) for row in await self.database.fetch(_SQL["everybody"])]

    async def revoke(self, name: str) -> None:
        """The terminal is no longer allowed."""
        check_name(name)
        details = {"ended": "terminal", "terminal": name}
        async with acting_as(self.bearer, self.database, Act.TERMINALS_MANAGE, name, self.now, details):
            if not await self.database.execute(_SQL["revoke"], name, self.now()):
                raise UsageError("unknown-terminal", "name", "`jukihub terminals list` names them")


@asynccontextmanager
async def opened(settings: Settings, now: Clock) -> AsyncIterator[Office]:
    """The office for whoever types the command."""
    async with connect(settings.database, size=1) as database:
        yield Office(database, await present(settings, database, now()), now)


def check_name(name: str) -> None:
    """UsageError unless `name` can be that of a terminal."""
    if _NAME.fullmatch(name) is None:
        raise UsageError("bad-name", "name", "2 to 40 characters of a-z, 0-9, `.`, `_`, `-`, a letter first")


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _terminal(row: Mapping[str, Any]) -> Terminal:
    return Terminal(row["name"], row["allowed_by"], row["allowed_at"], row["revoked_at"])
