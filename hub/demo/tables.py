"""What the demonstration prints: who was told of which notices, which items of one 転入 each was told, what arrived.

Contracts are numbered in the order of the Book, so that a table of sixteen fits a terminal and no name is cut.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from contracts.book import Book
from hub.demo.evidence import Filed, Told


def by_act(filed: Sequence[Filed], seen: Told, contracts: Sequence[str]) -> Table:
    """One row per contract, one column per act: how many of its Changes the contract was told, and as what."""
    acts = {one.act: [change for other in filed if other.act == one.act for change in other.changes] for one in filed}
    table = Table("", title="who was told of which 届出 (× changes), as the ledger has it", pad_edge=False)
    table.add_column("提供先", no_wrap=True)
    for act, changes in acts.items():
        table.add_column(f"{act}\n×{len(changes)}", overflow="fold")
    for number, name in enumerate(contracts, start=1):
        cells = (_states([seen.get((change, name)) for change in changes]) for changes in acts.values())
        table.add_row(str(number), name, *cells)
    return table


def by_subscriber(totals: Mapping[str, int], arrived: Mapping[str, int], where: Mapping[str, str]) -> Table:
    """One row per contract: disclosures that the ledger names, and those that are where `where` says."""
    table = Table("subscriber", "in the ledger", "arrived", "where")
    for name in sorted(totals):
        table.add_row(name, str(totals[name]), str(arrived.get(name, 0)), where.get(name, ""))
    return table


def by_item(change: str, seen: Told, book: Book, title: str) -> Table:
    """One row per item of the Book that anybody was told of `change`, measured on the sealed bytes."""
    table = Table("項目", *map(str, range(1, len(book.contracts) + 1)), title=title, pad_edge=False)
    told = {name: seen[change, name]["items"] for name in book.contracts if (change, name) in seen}
    for item in book.items.values():
        if any(item.id in items for items in told.values()):
            table.add_row(item.ja, *("●" if item.id in told.get(name, ()) else "" for name in book.contracts))
    return table


def _states(rows: Sequence[Mapping[str, Any] | None]) -> str:
    counted = Counter(row["state"] for row in rows if row is not None)
    return "\n".join(f"{count} {state}" for state, count in counted.items()) or "—"
