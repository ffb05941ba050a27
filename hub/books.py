"""Every Book ever used is kept whole, with the times from which it was in use, so that any decision can be explained.

Kept are the very bytes of which the Book's hash is the SHA-256, so a reader needs to trust nobody: what does not fit
its hash is refused. A use begins when a router starts with another Book than the one before; a Book that comes back
(rolled back) begins another use. Nothing personal is in it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from contracts.book import Book
from contracts.canonical import canonical
from contracts.change import JAPAN
from hub.config import Settings
from hub.database import Database, connect, queries
from hub.errors import JukiError, UsageError

_SQL = queries(Path(__file__).with_name("books.sql"))
_START = re.compile(r"[0-9a-f]{8,64}")
SHOWN = 12
"""Hexadecimal digits by which a Book is named towards people."""


@dataclass(frozen=True, slots=True)
class Use:
    """A Book, and since when it was in use."""

    began_at: datetime
    book: Book


async def remember(database: Database, book: Book, now: datetime) -> None:
    """Keep `book`, and that it is in use from `now` on where another one was before; routers may start at once."""
    async with database.transaction() as tx:
        await tx.execute(_SQL["keep"], book.hash, canonical(book.document()))
        await tx.execute(_SQL["one_at_a_time"])
        await tx.execute(_SQL["begin_use"], book.hash, now)


async def book_of_day(settings: Settings, day: date) -> Book | None:
    """The Book in use at the end of `day` in Japan; None where none was in use yet."""
    async with connect(settings.database, size=1) as database:
        row = await database.fetchrow(_SQL["in_use_before"], start_of(day + timedelta(days=1)))
    return None if row is None else _whole(row)


async def book_by_hash(settings: Settings, start: str) -> Book:
    """The one kept Book whose hash begins with `start`, 8 hexadecimal digits or more; else UsageError with a code."""
    if not _START.fullmatch(start):
        raise UsageError("bad-book-hash", "book", "8 to 64 hexadecimal digits are meant, in lower case")
    async with connect(settings.database, size=1) as database:
        rows = await database.fetch(_SQL["named"], start)
    if len(rows) != 1:
        raise UsageError("ambiguous-book-hash" if rows else "unknown-book", start[:SHOWN])
    return _whole(rows[0])


async def in_use(database: Database) -> str | None:
    """The hash of the Book that routers use now; None before the first of them has started."""
    found: str | None = await database.fetchval(_SQL["newest"])
    return found


async def kept(database: Database, whole_hash: str) -> Book | None:
    """The Book with this hash; None where it was never kept."""
    rows = await database.fetch(_SQL["named"], whole_hash)
    return _whole(rows[0]) if rows and rows[0]["hash"] == whole_hash else None


async def uses(database: Database) -> list[Use]:
    """Every use of a Book, in their order."""
    rows = await database.fetch(_SQL["used"])
    books = {row["hash"]: _whole(row) for row in rows}
    return [Use(row["began_at"], books[row["hash"]]) for row in await database.fetch(_SQL["uses"])]


class ContractHashes:
    """The hashes that one contract has had in the Books ever used; asked again only for one that is not known yet."""

    def __init__(self, database: Database, contract: str) -> None:
        self._database = database
        self._contract = contract
        self._known: frozenset[str] = frozenset()

    async def knows(self, contract_hash: str) -> bool:
        """Whether a Book that was ever used holds the contract with this hash."""
        if contract_hash not in self._known:
            books = [_whole(row) for row in await self._database.fetch(_SQL["used"])]
            contracts = [book.contracts[self._contract] for book in books if self._contract in book.contracts]
            self._known = frozenset(contract.hash for contract in contracts)
        return contract_hash in self._known


def start_of(day: date) -> datetime:
    """The first moment of `day` in Japan."""
    return datetime.combine(day, time(), JAPAN)


def _whole(row: Mapping[str, Any]) -> Book:
    return opened(row["hash"], row["document"])


@lru_cache(maxsize=64)
def opened(whole_hash: str, document: bytes) -> Book:
    """The Book that `document` holds; refused where the hash is not taken of these bytes, or their form is unknown."""
    if sha256(document).hexdigest() != whole_hash:
        raise JukiError("book-altered", whole_hash[:SHOWN])
    try:
        book = Book.of(json.loads(document))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise JukiError("book-of-another-form", whole_hash[:SHOWN]) from None
    if book.hash != whole_hash:
        raise JukiError("book-of-another-form", whole_hash[:SHOWN])
    return book
