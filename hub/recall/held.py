"""What a contract was told of some items, as the ledger has it: since when, until when, of how many, by which article.

Upper bound of what a subscriber holds: nobody but the subscriber knows what it has deleted since. Residents are counted
by their pseudonyms; none is named.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts.explain import item_name
from hub import transfers
from hub.cited import Known, articles
from hub.database import Database, Row, queries
from hub.transfers import Order

SQL = queries(Path(__file__).with_suffix(".sql"))

Kept = Mapping[str, Known]
"""Every form that a contract ever had, by its hash, with the Book that it stood in."""


@dataclass(frozen=True, slots=True)
class Had:
    """One item. `residents`: of whom it was told; `articles`: all by which it was, as they are cited."""

    item: str
    name: str
    first: datetime
    last: datetime
    residents: int
    articles: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "item": self.item, "name": self.name, "first": _at(self.first), "last": _at(self.last),
            "residents": self.residents, "articles": list(self.articles),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """All of them. `tellings`: disclosures with any of the items; `digest`: SHA-256 of their tokens' hashes, in the
    order of partition and number, so that the very set can be told from any other."""

    items: tuple[Had, ...]
    residents: int
    tellings: int
    digest: str


async def held(database: Database, contract: str, items: Sequence[str], kept: Kept) -> Held:
    """What the contract was told of `items`."""
    rows = await database.fetch(SQL["held"], contract, list(items))
    pinned = await database.fetchrow(SQL["pinned"], contract, list(items))
    residents = next((row["residents"] for row in rows if row["item"] is None), 0)
    tellings, digest = (pinned["tellings"], pinned["digest"]) if pinned else (0, "")
    orders = await transfers.kept(database, {row["transfer"] for row in rows if row["transfer"] is not None})
    return Held(tuple(_had(rows, kept, orders)), residents, tellings, digest)


def _had(rows: Sequence[Row], kept: Kept, orders: Mapping[UUID, Order]) -> Iterator[Had]:
    """A row of an item as a whole is followed by one for each form of the contract and order that it was told under."""
    for row in rows:
        if row["item"] is None or row["contract_hash"] is not None:
            continue
        parts = [one for one in rows if one["item"] == row["item"] and one["contract_hash"] is not None]
        known = [kept[one["contract_hash"]] for one in parts if one["contract_hash"] in kept]
        name = item_name(known[-1][0], row["item"]) if known else row["item"]
        cited = dict.fromkeys(article for one in parts for article in _articles(one, kept, orders))
        yield Had(row["item"], name, row["first"], row["last"], row["residents"], tuple(cited))


def _articles(row: Row, kept: Kept, orders: Mapping[UUID, Order]) -> tuple[str, ...]:
    return articles(kept.get(row["contract_hash"]), row["item"], row["decided_on"], row["transfer"], orders)


def _at(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
