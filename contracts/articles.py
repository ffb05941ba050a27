"""Which of its legal bases let a contract have an item. The one rule, for the check of a Book and for its pages.

A basis lets an item through that it permits; where the contract has the item granted, or may have it granted, also one
that it permits when granted. A derived item that no basis names is let through by those for everything it is derived
from, all of it; nothing covers the change itself. 個人番号 is let through by the Number Act alone (番号法9条・19条).
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from contracts.contract import Contract
from contracts.law import NUMBER_ACT, Basis, Item

if TYPE_CHECKING:  # a Book is judged by this rule, so that it cannot be imported here
    from contracts.book import Book


def permitting(book: "Book", contract: Contract, item: str) -> tuple[Basis, ...]:
    """The cited bases, in the contract's order, that let it have `item`; none for an item that it does not name.

    Of a conditional item that is off: those that would let it through once it is granted.
    """
    granted = item in contract.conditional
    if not granted and item not in contract.items:
        return ()
    return supporting(book.items[item], [book.bases[key] for key in contract.basis], granted=granted)


def supporting(item: Item, bases: Sequence[Basis], *, granted: bool) -> tuple[Basis, ...]:
    """Those of `bases` that let `item` through, as one of the contract's own or as one that is `granted`."""
    if item.id == "my_number":
        return tuple(basis for basis in bases if basis.law == NUMBER_ACT and _permits(basis, item.id, granted))
    naming = tuple(basis for basis in bases if _permits(basis, item.id, granted))
    if naming or not all(any(_permits(basis, each, granted) for basis in bases) for each in item.derived_from):
        return naming
    return tuple(basis for basis in bases if any(_permits(basis, each, granted) for each in item.derived_from))


def extracting(book: "Book", contract: Contract, item: str, basis: Iterable[str]) -> tuple[Basis, ...]:
    """Those of an order's bases (随時移転) that let the contract have `item`; all of them for an identifier that none
    of them names, because it goes with whatever is told."""
    ordered = [book.bases[key] for key in basis if key in book.bases]
    found = supporting(book.items[item], ordered, granted=item in contract.conditional)
    return tuple(ordered) if not found and item == contract.identifier else found


def _permits(basis: Basis, item: str, granted: bool) -> bool:
    return item in basis.permits or (granted and item in basis.when_granted)
