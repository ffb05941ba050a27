"""What the demonstration prints: who was told of which notice, which items of one 転入 each was told, what arrived."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from contracts.book import Book
from hub.demo.evidence import Filed, Told


def by_notice(filed: Sequence[Filed], seen: Told, contracts: Sequence[str]) -> Table:
    """One row per notice, numbered as filed: how many of its Changes each contract was told, and as what."""
    table = Table("", "届出 × changes", *map(_head, contracts), title="who was told of what, as the ledger has it",
                  pad_edge=False)  # fmt: skip
    for number, one in enumerate(filed, start=1):
        cells = (_states([seen.get((change, name)) for change in one.changes]) for name in contracts)
        table.add_row(str(number), f"{one.act} ×{len(one.changes)}", *cells)
    return table


def by_subscriber(totals: Mapping[str, int], arrived: Mapping[str, int]) -> Table:
    """One row per contract: disclosures that the ledger names, and those that its subscriber says it has."""
    table = Table("subscriber", "in the ledger", "arrived")
    for name in sorted(totals):
        table.add_row(name, str(totals[name]), str(arrived.get(name, 0)))
    return table


def by_item(change: str, seen: Told, book: Book, title: str) -> Table:
    """One row per item of the Book that anybody was told of `change`, measured on the sealed bytes."""
    table = Table("項目", *map(_head, book.contracts), title=title, pad_edge=False)
    told = {name: seen[change, name]["items"] for name in book.contracts if (change, name) in seen}
    for item in book.items.values():
        if any(item.id in items for items in told.values()):
            table.add_row(item.ja, *("●" if item.id in told.get(name, ()) else "" for name in book.contracts))
    return table


def _head(contract: str) -> str:
    """Its name in two lines, so that the table fits a terminal of 80 columns and no name is cut."""
    return contract.replace("-", "-\n")


def _states(rows: Sequence[Mapping[str, Any] | None]) -> str:
    counted = Counter(row["state"] for row in rows if row is not None)
    return "\n".join(f"{count} {state}" for state, count in counted.items()) or "—"
