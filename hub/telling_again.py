"""Orders to tell residents again what one contract may know of them: asked for by one person, approved by another.

What an order names is fixed when it is asked for: the residents, by the contract's pseudonyms. It is carried out where
the register is (producers/drift), once, under the id of the request: cut off, approving it again carries it on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from hub import acts, topics
from hub.acts import End, new_release
from hub.database import Database, queries
from hub.errors import UsageError
from hub.people import Person

DONE: Final = "told-again"
"""How an act ends whose residents have been told of again."""

_SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody has asked for."""

    id: UUID
    contract: str
    subjects: tuple[bytes, ...]
    name: str
    expires_at: datetime
    reason: str

    def as_json(self) -> dict[str, Any]:
        """For machines: ids as text, times in RFC 3339, residents as pseudonyms."""
        return {
            "request": str(self.id), "contract": self.contract, "residents": [one.hex() for one in self.subjects],
            "requested_by": self.name, "expires_at": self.expires_at.isoformat(), "reason": self.reason,
        }  # fmt: skip


async def ask(  # noqa: PLR0913 - every word that is kept
    database: Database, prefix: str, contract: str, subjects: Sequence[bytes], person: Person, reason: str,
    now: datetime,
) -> Order:  # fmt: skip
    """Write down what is asked for; UsageError without a reason."""
    release = new_release(0, 0, [])
    async with database.transaction() as held:
        topic = topics.disclosures(prefix, contract)
        asked = await acts.request(held, topic, release, person, reason, now)
        await held.execute(_SQL["ask"], release.id, contract, list(subjects))
    return Order(release.id, contract, tuple(subjects), person.name, asked.expires_at, asked.reason)


async def waiting(database: Database, now: datetime) -> list[Order]:
    """What another person has yet to approve."""
    return [_order(row) for row in await database.fetch(_SQL["waiting"], now)]


async def approved(database: Database, number: UUID, person: Person, now: datetime) -> tuple[str, tuple[bytes, ...]]:
    """Approve it, unless that was done and cut off: whom to tell again, to which contract. Refused as every act is."""
    row = await database.fetchrow(_SQL["one"], number)
    if row is None:
        raise UsageError("unknown-request", "request", "`jukihub again requests` names those that wait")
    if await acts.ended(database, number) or not await database.fetchval(_SQL["approved"], number):
        await acts.approve(database, row["topic"], number, person, now, acts.AGAIN)
    return row["contract"], tuple(row["subjects"])


async def end(database: Database, number: UUID, count: int, now: datetime) -> None:
    """Write down that it was carried out. `count`: residents who are told again."""
    await acts.end(database, number, End(DONE, count), now)


def _order(row: Mapping[str, Any]) -> Order:
    return Order(
        row["id"], row["contract"], tuple(row["subjects"]), row["name"], row["expires_at"], row["reason"]
    )  # fmt: skip
