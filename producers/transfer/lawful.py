"""Whether an order for a 随時移転 is lawful on a day, and of which items. Pure; judged at asking and at running.

In this order; the first that fails is told by its code.

1. The contract is in the Book, leads to a department, is in force on the day, and hears what is told of a record as it
   stands.
2. Every basis that the order names is one that the contract cites, and is in force.
3. Every item is permitted by the contract on the day, and by one of those bases. The identifier goes with it in any
   case, because it is all that names the person.
4. The last day is not over, and at most 31 days off.
"""

from datetime import date

from contracts.articles import supporting
from contracts.book import Book
from contracts.contract import DEPARTMENTAL, Contract
from contracts.kinds import SNAPSHOT
from contracts.law import item_id, items
from hub.errors import UsageError
from hub.transfers import LONGEST, Wish

_CITED = "It cites {bases}"
_PERMITTED = "The contract permits {items}"


def contract_of(book: Book, name: str, on: date) -> Contract:
    """Rule 1."""
    contract = book.contracts.get(name)
    if contract is None:
        raise UsageError("unknown-contract", name)
    if contract.via not in DEPARTMENTAL:
        raise UsageError("not-departmental", name, "Counterparts outside are told by their own contract alone")
    if not contract.in_force(on):
        raise UsageError("not-in-force", name, "It may be told nothing")
    if SNAPSHOT not in contract.hears:
        raise UsageError("no-mirror", name, "It hears of changes alone, not of records as they stand (mirror = true)")
    return contract


def check_basis(book: Book, contract: Contract, basis: tuple[str, ...], on: date) -> None:
    """Rule 2."""
    if not basis or not {*basis} <= {*contract.basis}:
        raise UsageError("basis-not-cited", contract.id, _CITED.format(bases=", ".join(contract.basis)))
    if not all(book.bases[key].covers(on, on) for key in basis):
        raise UsageError("basis-not-in-force", contract.id)


def told(book: Book, contract: Contract, wish: Wish, on: date) -> tuple[str, ...]:
    """Rule 3, as far as it goes: the items of the wish that may be told on the day, in the contract's order."""
    bases = [book.bases[key] for key in wish.basis]
    lawful = (item for item in contract.permitted(on) if item in wish.items and item != contract.identifier)
    found = {item for item in lawful if supporting(items()[item], bases, granted=item in contract.conditional)}
    return tuple(item for item in contract.permitted(on) if item in found or item == contract.identifier)


def asked(book: Book, contract: Contract, wish: Wish, on: date) -> tuple[str, ...]:
    """Rules 2 to 4: the items of a new order, by id, in the contract's order. The names of the law serve as well."""
    check_basis(book, contract, wish.basis, on)
    if not on <= wish.until <= on + LONGEST:
        code = "until-is-over" if wish.until < on else "until-too-far"
        raise UsageError(code, "--until", f"From today to {on + LONGEST}")
    named = tuple(map(item_id, wish.items))
    if not named or any(item not in items() for item in named):
        raise UsageError("unknown-item", "--items", "Name items as the law does, or by id: `jukihub contracts table`")
    permitted = contract.permitted(on)
    if refused := [item for item in named if item not in permitted]:
        raise UsageError("item-not-permitted", ", ".join(refused), _PERMITTED.format(items=", ".join(permitted)))
    found = told(book, contract, Wish(contract.id, named, wish.basis, "", wish.until, ""), on)
    if refused := [item for item in named if item not in found]:
        raise UsageError("item-without-basis", ", ".join(refused), "Name the cited basis that permits it as well")
    return found


def runs(book: Book, wish: Wish, on: date) -> tuple[Contract, tuple[str, ...]]:
    """Rules 1 to 3 once more, by the Book of the day on which it runs: what is no longer permitted is not told."""
    contract = contract_of(book, wish.contract, on)
    check_basis(book, contract, wish.basis, on)
    found = told(book, contract, wish, on)
    if found == (contract.identifier,) and wish.items != found:
        raise UsageError("nothing-left", wish.contract, "Of what was approved nothing is permitted any more")
    return contract, found
