"""Dead letters (配達不能): what there is, who waits behind it, and letting one be tried again.

No content is ever shown: not even the token leaves the database. A letter may be released as it is only while the
contract that it was decided under is still the one in force; otherwise it would say what may no longer be said, and it
needs to be decided again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from consumers import settle
from contracts.book import Book
from hub.database import Database, queries
from hub.errors import NotPermitted, TokenRefused
from hub.seal import header

_SQL = queries(Path(__file__).with_name("letters.sql"))


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. `behind`: disclosures of the same resident that wait for it."""

    id: UUID
    contract: str
    code: str
    since: datetime
    attempts: int
    behind: int


@dataclass(frozen=True, slots=True)
class Group:
    """The letters of one contract and one code."""

    contract: str
    code: str
    count: int
    first: datetime
    last: datetime
    behind: int
    letters: tuple[Letter, ...]

    def as_json(self) -> dict[str, Any]:
        """For machines: times in RFC 3339, ids as text."""
        return {
            **asdict(self), "first": self.first.isoformat(), "last": self.last.isoformat(),
            "letters": [{**asdict(one), "id": str(one.id), "since": one.since.isoformat()} for one in self.letters],
        }  # fmt: skip


async def listed(database: Database, contract: str | None = None) -> list[Group]:
    """Every dead letter, of one contract or of all, grouped by contract and code."""
    rows = await database.fetch(_SQL["letters"], contract)
    return grouped(Letter(**row) for row in rows)


def grouped(letters: Iterable[Letter]) -> list[Group]:
    """Letters that come sorted by contract and code, in groups."""
    return [
        _group(contract, code, tuple(found))
        for (contract, code), found in groupby(letters, key=lambda one: (one.contract, one.code))
    ]


async def release(database: Database, book: Book, letter: UUID, now: datetime, today: date) -> str:
    """Let `letter` be tried again now, and its followers after it; the contract it is of.

    NotPermitted where it must be decided again (decide-again), another letter of the resident has to go first, or it
    came without a record key (nobody-to-deliver).
    """
    contract = await settle.contract_of(database, letter)
    in_force = {name: found.hash for name, found in book.contracts.items() if found.in_force(today)}
    await settle.release(database, letter, contract, now, lambda token: check(token, contract, in_force))
    return contract


def check(token: bytes | None, contract: str, in_force: Mapping[str, str]) -> None:
    """Refuse a token that was not sealed under the contract in force. `in_force`: contract -> hash."""
    try:
        sealed_under = header(token)["ctr"]
    except TokenRefused as refused:
        raise NotPermitted(refused.code, "letter") from None
    if in_force.get(contract) != sealed_under:
        raise NotPermitted("decide-again", "letter")


def _group(contract: str, code: str, letters: tuple[Letter, ...]) -> Group:
    since = [one.since for one in letters]
    return Group(contract, code, len(letters), min(since), max(since), sum(one.behind for one in letters), letters)
