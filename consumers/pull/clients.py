"""Clients: programs of a subscriber, each for one contract. Two persons make one, one person revokes it.

Its secret is 32 random bytes, shown once to who approves and kept wrapped by the KEK under the client's own name,
because an HMAC cannot be verified with a digest. A request and a revocation are lines that are never altered.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import pybase64

from consumers.pull.scopes import Right
from hub.accounts import check_asker
from hub.database import Connection, Database, Row, queries
from hub.errors import NotPermitted, UsageError
from hub.people import TABLE, Act, Person, second_person
from hub.wording import LABEL, said
from hub.wrapping import KeyWrapper, kek_of

WAITS: Final = timedelta(days=1)
"""How long a request can be approved."""

SQL: Final = queries(Path(__file__).with_name("clients.sql"))


@dataclass(frozen=True, slots=True)
class Asked:
    """A client that somebody has asked for. `name`: the account's."""

    id: UUID
    contract: str
    label: str
    rights: tuple[Right, ...]
    reason: str
    asked_by: UUID
    asked_at: datetime
    name: str

    def as_json(self) -> dict[str, Any]:
        """For machines: ids as text, times in RFC 3339."""
        return {
            "request": str(self.id), "contract": self.contract, "label": self.label, "rights": [*self.rights],
            "reason": self.reason, "requested_by": self.name, "requested_at": self.asked_at.isoformat(),
            "expires_at": (self.asked_at + WAITS).isoformat(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Client:
    """A client that there is, revoked or not. `wrapped`: its secret, as it is kept; empty where it is not needed.

    `bound`: it is bound to the contract and the rights that were approved; those of earlier releases are not.
    `stopped_on`: the day on which the feed of its contract was stopped last.
    """

    id: UUID
    contract: str
    label: str
    rights: tuple[Right, ...]
    approved_at: datetime
    revoked_at: datetime | None
    wrapped: bytes = field(default=b"", repr=False)
    bound: bool = True
    stopped_on: date | None = None

    def as_json(self) -> dict[str, Any]:
        """For machines: everything but the secret."""
        return {
            "client_id": str(self.id), "contract": self.contract, "label": self.label, "rights": [*self.rights],
            "approved_at": self.approved_at.isoformat(),
            "revoked_at": self.revoked_at.isoformat() if self.revoked_at else None,
        }  # fmt: skip

    def secret(self, wrapper: KeyWrapper) -> str:
        """The secret that it shares with us; DependencyUnavailable where it was approved for another contract."""
        rights = self.rights if self.bound else None
        return _text(wrapper.unwrap(self.wrapped, _name(self.id, self.contract, rights)))


async def ask(  # noqa: PLR0913 - every word of a request that is kept
    database: Database, contract: str, label: str, rights: Sequence[Right], person: Person, reason: str, now: datetime
) -> Asked:
    """Ask for a client; nothing happens until another person approves it. UsageError where a word is missing."""
    if not rights:
        raise UsageError("empty", "right")
    name, why = said(label, "label", LABEL), said(reason, "reason")
    made = Asked(uuid4(), contract, name, tuple(dict.fromkeys(rights)), why, person.id, now, person.name)
    await database.execute(SQL["ask"], made.id, contract, made.label, [*made.rights], made.reason, person.id, now)
    return made


async def waiting(database: Database, now: datetime) -> list[Asked]:
    """What another person has yet to approve."""
    return [_asked(row) for row in await database.fetch(SQL["waiting"], now - WAITS)]


async def asked(database: Database, number: UUID) -> Asked:
    """What was asked for under this number; UsageError where nothing was, NotPermitted where it is approved."""
    row = await database.fetchrow(SQL["asked"], number)
    if row is None:
        raise UsageError("unknown-request", "request", "`jukihub clients requests` names those that wait")
    if row["is_done"]:
        raise NotPermitted("already-approved", "request")
    return _asked(row)


async def approve(
    database: Database, wrapper: KeyWrapper, request: Asked, person: Person, now: datetime
) -> tuple[Client, str]:
    """The client, as somebody who has not asked for it; and its secret, this once."""
    second_person(request.asked_by, person)
    if request.asked_at + WAITS <= now:
        raise NotPermitted("request-expired", "request", "Ask again")
    number, secret = uuid4(), os.urandom(32)
    wrapped = wrapper.wrap(secret, _name(number, request.contract, request.rights))
    act, row = Act.CLIENTS_REGISTER, (number, request.id, person.id, now, wrapped, kek_of(wrapped))
    if not await database.execute(SQL["register"], *row, sorted(TABLE[act])):
        await check_asker(database, request.asked_by, act)
        raise NotPermitted("already-approved", "request")
    return Client(number, request.contract, request.label, request.rights, now, None), _text(secret)


async def everyone(database: Database, contract: str | None) -> list[Client]:
    """Every client of a contract or of all, also those that are revoked."""
    return [_client(row) for row in await database.fetch(SQL["all"], contract)]


async def found(database: Connection | Database, number: UUID) -> Client | None:
    """The client of this id, as it is now."""
    row = await database.fetchrow(SQL["one"], number)
    if row is None:
        return None
    return replace(_client(row, row["secret"], bound=row["bound"]), stopped_on=row["stopped_on"])


async def revoke(database: Database, number: UUID, person: Person, reason: str, now: datetime) -> None:
    """It counts no more, nor do its access tokens; UsageError where there is no such client that counts."""
    if not await database.execute(SQL["revoke"], number, said(reason, "reason"), person.id, now):
        raise UsageError("unknown-client", "client", "`jukihub clients list` names them")


async def tidy(database: Database, now: datetime) -> None:
    """Forget what is over: assertions that are refused for their time alone, keys of days whose tokens all are."""
    await database.execute(SQL["forget"], now)
    await database.execute(SQL["old_access_keys"], (now - timedelta(days=2)).date().isoformat())


def _asked(row: Mapping[str, Any]) -> Asked:
    return Asked(row["id"], row["contract"], row["label"], _rights(row), row["reason"], row["asked_by"],
                 row["asked_at"], row["name"])  # fmt: skip


def _client(row: Row, wrapped: bytes = b"", *, bound: bool = True) -> Client:
    known = (row["id"], row["contract"], row["label"], _rights(row), row["approved_at"], row["revoked_at"])
    return Client(*known, wrapped, bound)


def _rights(row: Mapping[str, Any]) -> tuple[Right, ...]:
    return tuple(Right(each) for each in row["rights"])


def _name(client: UUID, contract: str, rights: Sequence[Right] | None) -> str:
    """Under which a secret is wrapped, so that one client's cannot stand in for another's, nor serve for more."""
    return f"client:{client}" if rights is None else f"client:{client}:{contract}:{' '.join(rights)}"


def _text(secret: bytes) -> str:
    return pybase64.urlsafe_b64encode(secret).rstrip(b"=").decode()
