"""Who was told what about one resident, as the ledger has it: by contract and item, when, and by which article.

The ledger knows residents by a pseudonym; whoever asks here holds the resident. Values are in no ledger, and in no
answer. The articles are those of the Book by which each change was decided. What was extracted by an order (随時移転)
stands apart, with the purpose and the bases of that order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from contracts.book import Book
from contracts.explain import item_name
from hub import books, transfers
from hub.cited import Known, articles
from hub.database import Database, Row, queries
from hub.errors import JukiError
from hub.transfers import Order

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
    """One contract, and of what was extracted each order by itself. `subscriber`, `purpose`: as it last said;
    `undelivered`: told, and still waiting to be handed over.

    `transfer`: the order, None for what came of changes; `approved_at`: its 決裁, None where the order is not kept.
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
    transfer: UUID | None = None
    approved_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "contract": self.contract, "subscriber": self.subscriber, "purpose": self.purpose,
            "transfer": str(self.transfer) if self.transfer else None,
            "approved_at": self.approved_at.isoformat() if self.approved_at else None,
            "told_at": [at.isoformat() for at in self.tellings], "undelivered": self.undelivered,
            "released_at": [at.isoformat() for at in self.again],
            "confirmed": [{"what": what, "at": at.isoformat()} for what, at in self.confirmed],
            "items": [
                {"item": item, "name": had.name, "first": had.first.isoformat(), "last": had.last.isoformat(),
                 "times": had.times, "articles": [*had.articles]} for item, had in self.items.items()
            ],
        }  # fmt: skip


async def told_of(database: Database, subject: bytes) -> list[Recipient]:
    """Every contract that was told anything of the resident whom the ledger calls `subject`, by name; what was
    extracted for it follows, order by order as it was told."""
    rows = await database.fetch(_SQL["lines"], subject)
    lines = [(row, _told(row)) for row in rows]
    ordered = {one["disclosure"]: UUID(one["transfer"]) for _, told in lines for one in told if "transfer" in one}
    orders = await transfers.kept(database, {*ordered.values()})
    found = _Found(await _books(database, rows), ordered, orders)
    for row, told in lines:
        found.line(row, told)
    for row in await database.fetch(_SQL["releases"], [row["change"] for row in rows]):
        found.released(row)
    disclosures = [UUID(one["disclosure"]) for _, told in lines for one in told]
    for row in await database.fetch(_SQL["confirmations"], disclosures):
        found.recipient(row).confirmed.append((row["what"], row["confirmed_at"]))
    for row in await database.fetch(_SQL["undelivered"], disclosures):
        found.recipient(row).undelivered += 1
    return sorted(found.recipients.values(), key=lambda one: (one.contract, one.transfer is not None))


def _told(row: Row) -> list[Mapping[str, Any]]:
    try:
        told: list[Mapping[str, Any]] = orjson.loads(row["line"])["told"]
    except (orjson.JSONDecodeError, KeyError):
        raise JukiError("ledger-unreadable", str(row["change"])) from None
    return told


async def _books(database: Database, rows: Sequence[Row]) -> dict[str, Book]:
    kept = {whole: await books.kept(database, whole) for whole in {row["book"] for row in rows}}
    return {whole: book for whole, book in kept.items() if book is not None}


class _Found:
    """What is known so far. `ordered`: by which order a disclosure was extracted, where it was by one."""

    def __init__(self, kept: Mapping[str, Book], ordered: Mapping[str, UUID], orders: Mapping[UUID, Order]) -> None:
        self.recipients: dict[tuple[str, UUID | None], Recipient] = {}
        self._ordered, self._orders = ordered, orders
        self._of_hash = {
            contract.hash: (book, contract) for book in kept.values() for contract in book.contracts.values()
        }

    def recipient(self, one: Mapping[str, Any]) -> Recipient:
        """To whom a disclosure went."""
        name, transfer = one["contract"], self._ordered.get(str(one["disclosure"]))
        return self.recipients.setdefault((name, transfer), Recipient(name, transfer=transfer))

    def line(self, row: Row, told: Iterable[Mapping[str, Any]]) -> None:
        """Take a line in."""
        for one in told:
            there = self._named(one)
            there.tellings.append(row["recorded_at"])
            self._had(there, one, row["decided_on"], row["recorded_at"])

    def released(self, row: Row) -> None:
        """Take in what a replay handed over once more."""
        there = self._named(row)
        there.again.append(row["recorded_at"])
        self._had(there, row, row["recorded_at"].date(), row["recorded_at"])

    def _named(self, one: Mapping[str, Any]) -> Recipient:
        there = self.recipient(one)
        if known := self._of_hash.get(one["contract_hash"]):
            there.subscriber = known[1].subscriber
        if there.transfer is None:
            there.purpose = known[1].purpose if known else there.purpose
        elif order := self._orders.get(there.transfer):
            there.purpose, there.approved_at = order.wish.purpose, order.approved_at
        return there

    def _had(self, there: Recipient, one: Mapping[str, Any], on: date, at: datetime) -> None:
        known = self._of_hash.get(one["contract_hash"])
        for item in one["items"]:
            had = there.items.setdefault(item, Had(_name(known, item), at, at))
            had.told(at, articles(known, item, on, there.transfer, self._orders))


def _name(known: Known | None, item: str) -> str:
    return item_name(known[0], item) if known else item
