"""By which articles a contract was told an item, as they are cited.

What came of a change is told by all bases of the contract that permit the item. What was extracted by an order
(随時移転) is told by those of the order alone. Where the form of the contract or the order is not kept, nobody can say.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from contracts.articles import extracting
from contracts.book import Book
from contracts.contract import Contract
from contracts.explain import passage
from hub.transfers import Order

Known = tuple[Book, Contract]
"""A form that a contract had, with the Book that it stood in."""


def articles(
    known: Known | None, item: str, on: date, transfer: UUID | None, orders: Mapping[UUID, Order]
) -> tuple[str, ...]:
    """Those of `item` on the day `on`. `transfer`: the order by which it was extracted, in `orders` if it is kept."""
    if known is None:
        return ()
    if transfer is None:
        return tuple(basis.name for basis in passage(*known, item, on).bases)
    order = orders.get(transfer)
    return tuple(basis.name for basis in extracting(*known, item, order.wish.basis)) if order else ()
