"""Public keys of subscribers: asked for by one person, approved by another, ended by one. Several may count at once.

So a subscriber changes its key without a gap: the new one is registered beside the old one, both are handed out to, and
the old one is ended. Whoever approves compares the thumbprint (RFC 7638) with what the subscriber says by another way:
nothing here can tell whose key it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from joserfc.jwk import ECKey

from consumers.pull.clients import WAITS
from hub.accounts import check_asker
from hub.database import Database, queries
from hub.errors import NotPermitted, UsageError
from hub.granting import recipient
from hub.people import TABLE, Act, Person, second_person
from hub.wording import said

CURVE: Final = "P-256"
_SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that was asked for. `name`: the account's that did."""

    id: UUID
    contract: str
    thumbprint: str
    reason: str
    asked_by: UUID
    asked_at: datetime
    name: str
    approved_at: datetime | None = None
    ended_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """For machines: ids as text, times in RFC 3339."""
        return {
            "id": str(self.id), "contract": self.contract, "thumbprint": self.thumbprint, "reason": self.reason,
            "requested_by": self.name, "requested_at": self.asked_at.isoformat(),
            "approved_at": self.approved_at.isoformat() if self.approved_at else None,
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
        }  # fmt: skip


async def ask(  # noqa: PLR0913 - every word of a request that is kept
    database: Database, contract: str, jwk: bytes, person: Person, reason: str, now: datetime
) -> PublicKey:  # fmt: skip
    """Ask for it; UsageError where it is no public key of the one curve, or without a reason."""
    key = recipient(jwk)
    if key.curve_name != CURVE:
        raise UsageError("not-a-public-jwk", "key", f"Of the curve {CURVE}")
    made = PublicKey(uuid4(), contract, key.thumbprint(), said(reason, "reason"), person.id, now, person.name)
    jwk = orjson.dumps(key.as_dict(private=False))
    await database.execute(_SQL["ask"], made.id, contract, made.thumbprint, jwk, made.reason, person.id, now)
    return made


async def approve(database: Database, number: UUID, person: Person, now: datetime) -> PublicKey:
    """It counts from now on; as somebody who has not asked for it."""
    rows = await database.fetch(_SQL["all"], None, number)
    if not rows:
        raise UsageError("unknown-request", "request", "`jukihub clients keys` names them")
    asked = _key(rows[0])
    second_person(asked.asked_by, person)
    if asked.asked_at + WAITS <= now:
        raise NotPermitted("request-expired", "request", "Ask again")
    act = Act.CLIENTS_REGISTER
    if not await database.execute(_SQL["approve"], number, person.id, now, sorted(TABLE[act])):
        await check_asker(database, asked.asked_by, act)
        raise NotPermitted("already-approved", "request")
    return asked


async def end(database: Database, number: UUID, person: Person, reason: str, now: datetime) -> None:
    """Nothing is handed out to it any more; UsageError where there is no such key that counts or waits."""
    if not await database.execute(_SQL["end"], number, said(reason, "reason"), person.id, now):
        raise UsageError("unknown-key", "key", "`jukihub clients keys` names them")


async def everyone(database: Database, contract: str | None) -> list[PublicKey]:
    """Every key of a contract or of all, also those that wait or have ended."""
    return [_key(row) for row in await database.fetch(_SQL["all"], contract, None)]


async def counting(database: Database, contract: str, thumbprint: str | None) -> tuple[str, ECKey]:
    """The key that keys of this contract are sealed to, the newest where none is named; NotPermitted where none is."""
    rows = await database.fetch(_SQL["counting"], contract)
    for row in rows:
        if thumbprint in {None, row["thumbprint"]}:
            return row["thumbprint"], recipient(row["jwk"])
    raise NotPermitted("no-public-key", "to", "Two persons of the city register it: jukihub clients key")


def _key(row: Mapping[str, Any]) -> PublicKey:
    return PublicKey(row["id"], row["contract"], row["thumbprint"], row["reason"], row["asked_by"], row["asked_at"],
                     row["name"] or "", row["approved_at"], row["ended_at"])  # fmt: skip
