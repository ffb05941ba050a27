"""Acts of persons: asked for with a reason, approved by another person, carried out by the process that may.

A request waits a day for its approval and is then void. Once approved it is an act: the router, which alone may move on
in its partitions, carries it out in a transaction of its own and writes how it ended. Nothing of it is ever altered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from hub.accounts import check_asker
from hub.database import Connection, Database, queries
from hub.errors import NotPermitted, UsageError
from hub.people import TABLE, Act, Person, second_person
from hub.wording import said

RELEASE: Final = "release-quarantined"
RECORD: Final = "pass-record"
KEYS: Final = "destroy-keys"
AGAIN: Final = "tell-again"
TRANSFER: Final = "transfer"
ROTATE_KEK: Final = "rotate-kek"
DESTROY_KEK: Final = "destroy-kek"
RECALL: Final = "recall"
"""Kinds of acts. That of a record which is to be passed over names an offset of the Changes as its letter; those of
keys, of KEKs, of what is told again, of transfers and of recalls name no letter: what they are about stands beside them
(erasure.py, kek/keeping.py, telling_again.py, transfers.py, recall/)."""

ASKED: Final[Mapping[str, Act]] = {
    RELEASE: Act.QUARANTINE_RELEASE, RECORD: Act.QUARANTINE_RELEASE, KEYS: Act.ERASURE, AGAIN: Act.TELL_AGAIN,
    TRANSFER: Act.TRANSFER_ASK, ROTATE_KEK: Act.KEK_ROTATE, DESTROY_KEK: Act.KEK_DESTROY,
    RECALL: Act.RECALL_PLAN,
}  # fmt: skip
"""By which act of a person each kind is asked for."""

WAITS: Final = timedelta(days=1)
"""How long a request can be approved."""

_SQL = queries(Path(__file__).with_name("acts.sql"))


@dataclass(frozen=True, slots=True)
class Release:
    """Route the letters of one resident, who has the letter at `letter`, without those at `discarded`."""

    id: UUID
    partition: int
    letter: int
    discarded: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A release that somebody has asked for. `name` is that of the account; `reason` says nothing about a resident."""

    release: Release
    requested_by: UUID
    name: str
    requested_at: datetime
    expires_at: datetime
    reason: str

    def as_json(self) -> dict[str, Any]:
        """For machines: ids as text, times in RFC 3339."""
        return {
            "request": str(self.release.id), "partition": self.release.partition, "offset": self.release.letter,
            "discarded": list(self.release.discarded), "requested_by": self.name,
            "requested_at": self.requested_at.isoformat(), "expires_at": self.expires_at.isoformat(),
            "reason": self.reason,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class End:
    """How an act ended. `count`: changes that were routed."""

    code: str
    count: int


def new_release(partition: int, letter: int, discarded: Iterable[int]) -> Release:
    """A release with an id of its own."""
    return Release(uuid4(), partition, letter, tuple(sorted(discarded)))


async def request(  # noqa: PLR0913 - every word of a request that is kept
    database: Database | Connection, topic: str, release: Release, person: Person, reason: str, now: datetime
) -> Request:
    """Ask for it, inside the transaction of `database` where it has one; UsageError without a reason to be read."""
    why = said(reason, "reason")
    await database.execute(
        _SQL["request"], release.id, person.id, now, now + WAITS, why, topic, release.partition,
        release.letter, list(release.discarded),
    )  # fmt: skip
    return Request(release, person.id, person.name, now, now + WAITS, why)


async def waiting(database: Database, topic: str, now: datetime) -> list[Request]:
    """What another person has yet to approve."""
    return [_request(row) for row in await database.fetch(_SQL["waiting"], topic, now)]


async def approve(  # noqa: PLR0913 - every word of an act that is kept
    database: Database, topic: str, number: UUID, person: Person, now: datetime, kind: str = RELEASE
) -> Release:
    """From now on it is due. unknown-request, second-person-is-the-first, request-expired, already-approved; and
    asker-retired, asker-without-duty, where who has asked is no longer in office for it."""
    row = await database.fetchrow(_SQL["one"], number, topic)
    if row is None:
        raise UsageError("unknown-request", "request", "`requests` of the same command names those that wait")
    asked = _request(row)
    second_person(asked.requested_by, person)
    if asked.expires_at <= now:
        raise NotPermitted("request-expired", "request", "Ask again")
    act = ASKED[kind]
    if not await database.execute(_SQL["approve"], number, person.id, now, person.name, kind, sorted(TABLE[act])):
        await check_asker(database, asked.requested_by, act)
        raise NotPermitted("already-approved", "request")
    return asked.release


async def due(database: Database, topic: str, partitions: Iterable[int]) -> list[Release]:
    """What was approved for these partitions and has not ended."""
    return [_release(row) for row in await database.fetch(_SQL["due"], topic, list(partitions))]


async def end(database: Database, act: UUID, ended: End, now: datetime) -> None:
    """Write down how it ended."""
    await database.execute(_SQL["end"], act, now, ended.code, ended.count)


async def ended(database: Database, act: UUID) -> End | None:
    """How it ended; None while it is due."""
    row = await database.fetchrow(_SQL["ended"], act)
    return End(row["code"], row["count"]) if row else None


def _release(row: Mapping[str, Any]) -> Release:
    return Release(row["id"], row["partition"], row["letter"], tuple(row["discarded"]))


def _request(row: Mapping[str, Any]) -> Request:
    return Request(
        _release(row), row["requested_by"], row["name"], row["requested_at"], row["expires_at"], row["reason"],
    )  # fmt: skip
