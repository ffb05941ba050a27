"""What a contract permits, as its subscriber is told: items by their statutory names with the articles that let them
through, kinds that are heard, population, and whether it is in force. Out of the Book alone.
"""

from datetime import date
from typing import Any

from contracts.articles import permitting
from contracts.book import Book
from contracts.contract import Contract


def document(book: Book, contract: Contract, topic: str, on: date) -> dict[str, Any]:
    """Everything about `contract` as of the day `on`."""
    people = contract.population
    return {
        "contract": contract.id, "hash": contract.hash, "subscriber": contract.subscriber, "purpose": contract.purpose,
        "bases": [book.bases[key].name for key in contract.basis],
        "in_force": {"from": contract.in_force_from, "until": contract.in_force_until, "today": contract.in_force(on)},
        "items": [_item(book, contract, item, on) for item in contract.permitted(on)],
        "hears": [_kind(book, kind) for kind in sorted(contract.hears)],
        "always": [_kind(book, kind) for kind in sorted(contract.always)],
        "identifier": contract.identifier, "protected": contract.protected, "mirror": contract.mirror, "topic": topic,
        "population": None if people is None else {
            "age_from": people.age_from, "age_to": people.age_to, "japanese": people.japanese,
        },
    }  # fmt: skip


def _item(book: Book, contract: Contract, item: str, on: date) -> dict[str, Any]:
    ends = [grant.until for grant in contract.granted if grant.item == item and grant.in_force(on)]
    return {
        "id": item, "name": book.items[item].ja, "granted": bool(ends), "until": ends[0] if ends else None,
        "articles": [basis.name for basis in permitting(book, contract, item)],
    }  # fmt: skip


def _kind(book: Book, kind: str) -> dict[str, str]:
    return {"id": kind, "name": book.kinds[kind].ja}
