"""統合 and 分離 by two persons: asked for with a reason, approved by another, carried out at once and noted for ever.

Both are accounts of the hub; requests and trail are append-only. A request waits a day and is then void. What has
changed in between is judged anew when it is approved. A reason is to name nobody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from hub.database import Database, Row, queries
from hub.people import Person, second_person
from hub.wording import said
from producers.atena import joining
from producers.atena.form import Link
from producers.atena.joining import Act, Merge, Split
from producers.atena.numbers import Approved
from producers.atena.refusals import NumberRefused
from producers.register import Moved

WAITS: Final = timedelta(days=1)
"""How long a request can be approved."""

SQL = queries(Path(__file__).with_suffix(".sql"))
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What one person has asked for. `name` is that of the account."""

    id: UUID
    act: Act
    reason: str
    requested_by: UUID
    name: str
    requested_at: datetime
    expires_at: datetime

    def as_json(self) -> dict[str, Any]:
        """For machines: ids as text, times in RFC 3339."""
        return {
            "request": str(self.id), "act": joining.name(self.act), **_wire(self.act), "reason": self.reason,
            "requested_by": self.name, "requested_at": self.requested_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
        }  # fmt: skip


async def ask(db: Database, act: Act, reason: str, person: Person, now: datetime) -> Asked:
    """Ask for it; NumberRefused where it could not be carried out, or without a reason; UsageError: not to be read."""
    if not reason.strip():
        raise NumberRefused("reason-needed", "reason")
    asked = Asked(uuid4(), act, said(reason, "reason"), person.id, person.name, now, now + WAITS)
    async with db.transaction() as tx:
        await joining.check(tx, act)
        await tx.execute(
            SQL["ask"], asked.id, joining.name(act), orjson.dumps(_wire(act)), asked.reason.encode(), person.id,
            person.name, now, asked.expires_at,
        )  # fmt: skip
    return asked


async def waiting(db: Database, now: datetime) -> list[Asked]:
    """What another person has yet to approve."""
    return [_asked(row) for row in await db.fetch(SQL["waiting"], now)]


async def one(db: Database, number: UUID) -> Asked:
    """One request; NumberRefused `unknown-request`."""
    row = await db.fetchrow(SQL["one"], number)
    if row is None:
        raise NumberRefused("unknown-request", "request")
    return _asked(row)


async def approve(db: Database, number: UUID, person: Person, now: datetime) -> str:
    """Approve and carry out; the number that it is about afterwards. Raises NumberRefused, ApprovalRequired."""
    asked = await one(db, number)
    second_person(asked.requested_by, person)
    if asked.expires_at <= now:
        raise NumberRefused("request-expired", "request")
    for _ in range(_ATTEMPTS):
        try:
            async with db.transaction() as tx:
                return await joining.carry_out(tx, asked.act, Approved(number, person), now)
        except Moved:
            continue
    raise NumberRefused("too-busy")


def _wire(act: Act) -> dict[str, Any]:
    if isinstance(act, Merge):
        return {"togo_atena_no": act.number, "absorbed": act.absorbed}
    return {
        "togo_atena_no": act.number, "links": [link.wire() for link in act.links],
        "with_my_number": act.with_my_number, "again": act.again,
    }  # fmt: skip


def _act(kind: str, body: dict[str, Any]) -> Act:
    if kind == "merge":
        return Merge(body["togo_atena_no"], body["absorbed"])
    links = tuple(Link(**link) for link in body["links"])
    return Split(body["togo_atena_no"], links, body["with_my_number"], body["again"])


def _asked(row: Row) -> Asked:
    return Asked(
        UUID(int=row["id"].int), _act(row["act"], orjson.loads(row["body"])), row["reason"].decode(),
        UUID(int=row["requested_by"].int), row["requested_name"], row["requested_at"], row["expires_at"],
    )  # fmt: skip
