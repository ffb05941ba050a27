"""What the demonstration prints: who was told of which notice, and, of one 転入, which items each was told."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from contracts.book import Book
from hub.demo.evidence import Filed, Told


def by_notice(filed: Sequence[Filed], seen: Told, contracts: Sequence[str]) -> Table:
    """One row per notice: how many of its Changes each contract was told, and as what."""
    table = Table("届出", "changes", *contracts, title="who was told of what, as the ledger has it")
    for one in filed:
        cells = (_states([seen.get((change, name)) for change in one.changes]) for name in contracts)
        table.add_row(one.act, str(len(one.changes)), *cells)
    return table


def by_item(change: str, seen: Told, book: Book, title: str) -> Table:
    """One row per item of the Book that anybody was told of `change`, measured on the sealed bytes."""
    table = Table("項目", *book.contracts, title=title)
    told = {name: seen[change, name]["items"] for name in book.contracts if (change, name) in seen}
    for item in book.items.values():
        if any(item.id in items for items in told.values()):
            table.add_row(item.ja, *("●" if item.id in told.get(name, ()) else "" for name in book.contracts))
    return table


def _states(rows: Sequence[Mapping[str, Any] | None]) -> str:
    counted = Counter(row["state"] for row in rows if row is not None)
    return ", ".join(f"{count} {state}" for state, count in counted.items()) or "—"
