"""Personal tokens: 32 random bytes that say who is calling. Only their SHA-256 is kept, so nobody can read one again.

A token has an end, can be revoked, and begins with a word that scanners for leaked secrets can look for.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from hub.database import Connection, Database, queries
from hub.errors import NotPermitted, UsageError
from hub.people import Duty, Person
from hub.wording import LABEL, said

PREFIX: Final = "jukihub_"
LONGEST: Final = timedelta(days=90)

_FORM: Final = re.compile(re.escape(PREFIX) + r"[A-Za-z0-9_-]{43}")
_SQL = queries(Path(__file__).with_name("tokens.sql"))
_REMEDY: Final = "Type `jukihub people login`, or set HUB_TOKEN"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose token it is, which one, and why it no longer counts: empty where it does."""

    person: Person
    id: UUID
    refused: str = ""

    def check(self) -> None:
        """NotPermitted where it no longer counts."""
        if self.refused:
            raise NotPermitted(self.refused, "token", _REMEDY)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a token: everything but itself."""

    id: UUID
    label: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """For machines: ids as text, times in RFC 3339."""
        times = {"made_at": self.made_at, "expires_at": self.expires_at, "revoked_at": self.revoked_at,
                 "used_at": self.used_at}  # fmt: skip
        return {"id": str(self.id), "label": self.label} | {
            name: time.isoformat() if time else None for name, time in times.items()
        }


async def new(
    held: Connection | Database, person: UUID, label: str, lasting: timedelta, now: datetime
) -> tuple[UUID, str]:
    """A token of `person` and its id; the token is shown this once."""
    if not timedelta(0) < lasting <= LONGEST:
        raise UsageError("token-lifetime", "days", f"At most {LONGEST.days} days")
    number, token = uuid4(), PREFIX + secrets.token_urlsafe(32)
    await held.execute(_SQL["add"], number, person, _digest(token), said(label, "label", LABEL), now, now + lasting)
    return number, token


async def bearer(database: Database, token: str, now: datetime) -> Bearer:
    """Whose it is; NotPermitted (no-token, token-unknown) where it is nobody's."""
    if not token:
        raise missing()
    row = await database.fetchrow(_SQL["bearer"], _digest(token)) if _FORM.fullmatch(token) else None
    if row is None:
        raise NotPermitted("token-unknown", "token", _REMEDY)
    found = Bearer(_person(row), UUID(int=row["token"].int), _refused(row, now))
    if not found.refused:
        await database.execute(_SQL["used"], _digest(token), now)
    return found


async def is_to_be_noted(held: Connection, token: UUID, now: datetime) -> bool:
    """Whether nobody was noted within the hour as having come with this token, which no longer counts; now it is."""
    return bool(await held.execute(_SQL["refused"], token, now))


def missing() -> NotPermitted:
    """What is told to whoever has no token at all."""
    return NotPermitted("no-token", "token", _REMEDY)


async def kept(database: Database, person: UUID) -> list[Kept]:
    """Every token of `person`, also those that no longer count, oldest first."""
    return [Kept(**row) for row in await database.fetch(_SQL["of_person"], person)]


async def revoke(held: Connection | Database, person: UUID, number: UUID, now: datetime) -> None:
    """The token no longer counts; UsageError where `person` has none of this id that does."""
    if not await held.execute(_SQL["revoke"], number, person, now):
        raise UsageError("unknown-token", "token", "`jukihub people token list` names them")


def _refused(row: Mapping[str, Any], now: datetime) -> str:
    if row["retired_at"] is not None:
        return "account-retired"
    if row["revoked_at"] is not None:
        return "token-revoked"
    return "token-expired" if row["expires_at"] <= now else ""


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _person(row: Mapping[str, Any]) -> Person:
    return Person(row["id"], row["name"], frozenset(Duty(duty) for duty in row["duties"]))
