"""Closing a letter without telling it: discarded, or corrected by a later Change. Always by two persons.

A correction is never an edited message. The registry records the right thing as a new Change; when that Change has
been told to the same contract, after the letter and of the same resident, the letter may be closed as `corrected`. What
was extracted by an order (随時移転) corrects nothing: it is a part of a record, chosen for something else. What is kept
is the causation: which change the letter came of, and which one stands for it now. Who asks writes a line with a
reason, somebody else approves it, and neither line is ever altered. Who waited behind follows (followers.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from consumers.followers import due, parked_where_outdated
from contracts.book import Book
from hub.accounts import check_asker
from hub.config import Settings
from hub.database import Connection, Database, Row, queries
from hub.errors import NotPermitted, UsageError
from hub.people import Act, Person, second_person
from hub.wording import said

DISCARDED: Final = "discarded"
CORRECTED: Final = "corrected"
_ASKED: Final = {DISCARDED: Act.LETTERS_DISCARD, CORRECTED: Act.LETTERS_CORRECT}

_STANDS_FOR_IT: Final = {
    "is_known": "unknown-change", "same_resident": "another-resident", "is_whole": "not-a-change",
    "is_later": "not-later", "is_told": "not-told-to-this-contract",
}  # fmt: skip
"""What has to be so of a correction, in this order, and by which code it is refused where it is not."""
_OF_WHAT: Final = "It must be a later change of the same resident, told to the same, and no 随時移転"

_SQL = queries(Path(__file__).with_name("closing.sql"))


@dataclass(frozen=True, slots=True)
class Closing:
    """What was asked for. `correction`: the change that stands for the letter now; `causation`: the one it came of."""

    id: UUID
    kind: str
    contract: str
    letters: Sequence[UUID]
    attempts: Sequence[int]
    causation: Sequence[UUID]
    correction: UUID | None
    reason: str
    asked_by: UUID
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for another person. `name`: the account that has asked."""

    closing: Closing
    name: str
    expires_at: datetime

    def as_json(self) -> dict[str, Any]:
        """For machines. The reason says nothing about a resident."""
        asked = self.closing
        return {
            "request": asked.id, "kind": asked.kind, "contract": asked.contract, "letters": [*asked.letters],
            "correction": asked.correction, "requested_by": self.name, "requested_at": asked.asked_at,
            "expires_at": self.expires_at, "reason": asked.reason,
        }  # fmt: skip


async def waiting(settings: Settings, database: Database, now: datetime) -> list[Waiting]:
    """What another person has yet to approve, in the order in which it was asked for."""
    lasting = timedelta(hours=settings.approval_hours)
    return [
        Waiting(Closing(**{name: value for name, value in dict(row).items() if name != "name"}), row["name"],
                row["asked_at"] + lasting)
        for row in await database.fetch(_SQL["waiting"], now - lasting)
    ]  # fmt: skip


async def ask_discard(  # noqa: PLR0913 - which letters, who, why, when
    database: Database, contract: str, letters: Sequence[UUID], person: Person, reason: str, now: datetime
) -> Closing:
    """Ask for letters of one contract to be discarded; UsageError where one is no dead letter of it."""
    rows = await _dead(database, contract, letters)
    attempts = [row["attempts"] for row in rows]
    ids = [row["id"] for row in rows]
    asked = Closing(uuid4(), DISCARDED, contract, ids, attempts, [], None, said(reason, "--reason"), person.id, now)
    return await _kept(database, asked)


async def ask_correct(  # noqa: PLR0913 - which letter, by what, who, why, when
    database: Database, contract: str, letter: UUID, correction: UUID, person: Person, reason: str, now: datetime
) -> Closing:
    """Ask for a letter to be closed as corrected by a change; NotPermitted where that change does not stand for it."""
    rows = await _dead(database, contract, [letter])
    causation = await caused(database, contract, letter, correction)
    attempts, why = [rows[0]["attempts"]], said(reason, "--reason")
    return await _kept(database, Closing(
        uuid4(), CORRECTED, contract, [letter], attempts, [causation], correction, why, person.id, now
    ))  # fmt: skip


async def caused(database: Database | Connection, contract: str, letter: UUID, correction: UUID) -> UUID:
    """The change that the letter came of, where `correction` is a later one of the same resident told to the same.

    A 随時移転 is none, although the ledger has it in the form of one.
    """
    row = await database.fetchrow(_SQL["correction"], contract, letter, correction)
    if row is None:
        raise NotPermitted("not-in-ledger", "letter", "Where it came from is not known: it can only be discarded")
    for wanted, code in _STANDS_FOR_IT.items():
        if not row[wanted]:
            raise NotPermitted(code, "--change", _OF_WHAT)
    return UUID(str(row["causation"]))


async def approve(  # noqa: PLR0913 - as above
    settings: Settings, database: Database, book: Book, closing: UUID, person: Person, now: datetime
) -> int:
    """Close the letters, as somebody who has not asked for it; how many. All of them or none."""
    asked = await found(database, closing)
    second_person(asked.asked_by, person)
    await check_asker(database, asked.asked_by, _ASKED[asked.kind])
    if now >= asked.asked_at + timedelta(hours=settings.approval_hours):
        raise NotPermitted("request-expired", "approval", "Ask for it anew")
    contract = book.contracts.get(asked.contract)
    async with database.transaction() as held:
        if asked.correction is not None:
            await caused(held, asked.contract, asked.letters[0], asked.correction)
        subjects = [row["subject"] for row in await held.fetch(_SQL["subjects"], asked.contract, asked.letters)]
        await parked_where_outdated(held, asked.contract, contract, subjects, now)
        done = await held.execute(_SQL["close"], asked.contract, asked.letters, asked.attempts, asked.kind, now)
        if done != len(asked.letters):
            raise NotPermitted("letter-changed", "approval", "Ask for it anew")
        await due(held, asked.contract, subjects, now)
        await held.execute(_SQL["end"], closing, person.id, now, done)
    return done


async def found(database: Database, closing: UUID) -> Closing:
    """What was asked for and waits; UsageError where there is nothing, NotPermitted where it was approved already."""
    row = await database.fetchrow(_SQL["asked"], closing)
    if row is None:
        raise UsageError("no-such-request", "REQUEST")
    if row["is_done"]:
        raise NotPermitted("approved-already", "REQUEST")
    return Closing(**{name: value for name, value in dict(row).items() if name != "is_done"})


async def _dead(database: Database, contract: str, letters: Sequence[UUID]) -> list[Row]:
    rows = await database.fetch(_SQL["dead"], contract, list(letters))
    if set(letters) - {row["id"] for row in rows}:
        raise UsageError("no-such-letter", "FILTER")
    if not rows:
        raise UsageError("no-letters", "FILTER")
    return rows


async def _kept(database: Database, asked: Closing) -> Closing:
    await database.execute(
        _SQL["ask"], asked.id, asked.kind, asked.contract, list(asked.letters), list(asked.attempts),
        list(asked.causation), asked.correction, asked.reason, asked.asked_by, asked.asked_at,
    )  # fmt: skip
    return asked
