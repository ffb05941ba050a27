"""Who was told what about one resident, as the ledger has it: by contract and item, when, and by which article.

The ledger knows residents by a pseudonym; whoever asks here holds the resident. Values are in no ledger, and in no
answer. The articles are those of the Book by which each change was decided.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from contracts.book import Book
from contracts.contract import Contract
from contracts.explain import item_name, passage
from hub import books
from hub.database import Database, Row, queries
from hub.errors import JukiError

_SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(slots=True)
class Had:
    """One item that a contract was told. `articles`: all by which it was, as they are cited."""

    name: str
    first: datetime
    last: datetime
    times: int = 0
    articles: dict[str, None] = field(default_factory=dict)

    def told(self, at: datetime, articles: Iterable[str]) -> None:
        """It was told once more."""
        self.last, self.times = at, self.times + 1
        self.articles |= dict.fromkeys(articles)


@dataclass(slots=True)
class Recipient:
    """One contract. `subscriber`, `purpose`: as it last said; `undelivered`: told, and still waiting to be handed over.

    `again`: when a replay handed something over once more; `confirmed`: what was read back there, and when.
    """

    contract: str
    subscriber: str = ""
    purpose: str = ""
    tellings: list[datetime] = field(default_factory=list)
    items: dict[str, Had] = field(default_factory=dict)
    again: list[datetime] = field(default_factory=list)
    confirmed: list[tuple[str, datetime]] = field(default_factory=list)
    undelivered: int = 0

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "contract": self.contract, "subscriber": self.subscriber, "purpose": self.purpose,
            "told_at": [at.isoformat() for at in self.tellings], "undelivered": self.undelivered,
            "released_at": [at.isoformat() for at in self.again],
            "confirmed": [{"what": what, "at": at.isoformat()} for what, at in self.confirmed],
            "items": [
                {"item": item, "name": had.name, "first": had.first.isoformat(), "last": had.last.isoformat(),
                 "times": had.times, "articles": [*had.articles]} for item, had in self.items.items()
            ],
        }  # fmt: skip


async def told_of(database: Database, subject: bytes) -> list[Recipient]:
    """Every contract that was told anything of the resident whom the ledger calls `subject`, by name."""
    rows = await database.fetch(_SQL["lines"], subject)
    found = _Found(await _books(database, rows))
    disclosures = [UUID(one["disclosure"]) for row in rows for one in found.line(row)]
    for row in await database.fetch(_SQL["releases"], [row["change"] for row in rows]):
        found.released(row)
    for row in await database.fetch(_SQL["confirmations"], disclosures):
        found.recipients[row["contract"]].confirmed.append((row["what"], row["confirmed_at"]))
    for row in await database.fetch(_SQL["undelivered"], disclosures):
        found.recipients[row["contract"]].undelivered = row["count"]
    return [found.recipients[name] for name in sorted(found.recipients)]


async def _books(database: Database, rows: Sequence[Row]) -> dict[str, Book]:
    kept = {whole: await books.kept(database, whole) for whole in {row["book"] for row in rows}}
    return {whole: book for whole, book in kept.items() if book is not None}


class _Found:
    """What is known so far."""

    def __init__(self, kept: Mapping[str, Book]) -> None:
        self.recipients: dict[str, Recipient] = {}
        self._of_hash = {
            contract.hash: (book, contract) for book in kept.values() for contract in book.contracts.values()
        }

    def line(self, row: Row) -> list[Mapping[str, Any]]:
        """Take a line in; the disclosures that it names."""
        try:
            told: list[Mapping[str, Any]] = orjson.loads(row["line"])["told"]
        except (orjson.JSONDecodeError, KeyError):
            raise JukiError("ledger-unreadable", str(row["change"])) from None
        for one in told:
            there = self._recipient(one["contract"], one["contract_hash"])
            there.tellings.append(row["recorded_at"])
            self._had(there, one["items"], one["contract_hash"], row["decided_on"], row["recorded_at"])
        return told

    def released(self, row: Row) -> None:
        """Take in what a replay handed over once more."""
        there = self._recipient(row["contract"], row["contract_hash"])
        there.again.append(row["recorded_at"])
        self._had(there, row["items"], row["contract_hash"], row["recorded_at"].date(), row["recorded_at"])

    def _recipient(self, name: str, contract_hash: str) -> Recipient:
        there = self.recipients.setdefault(name, Recipient(name))
        if known := self._of_hash.get(contract_hash):
            there.subscriber, there.purpose = known[1].subscriber, known[1].purpose
        return there

    def _had(self, there: Recipient, items: Iterable[str], contract_hash: str, on: date, at: datetime) -> None:
        known = self._of_hash.get(contract_hash)
        for item in items:
            had = there.items.setdefault(item, Had(_name(known, item), at, at))
            had.told(at, _articles(known, item, on))


def _name(known: tuple[Book, Contract] | None, item: str) -> str:
    return item_name(known[0], item) if known else item


def _articles(known: tuple[Book, Contract] | None, item: str, on: date) -> list[str]:
    return [basis.name for basis in passage(*known, item, on).bases] if known else []
