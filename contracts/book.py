"""The Book: every contract, judged by the law as a whole. `load` returns all of it or refuses all of it.

No Book, no process. A Book is kept as its `document()`, of which its hash is taken: whoever has kept one can tell from
its hash alone that it is whole, and `Book.of` reads it again to explain what was decided under it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from contracts.canonical import fingerprint
from contracts.checks import findings, heard, twins
from contracts.contract import Approval, Contract, Grant, Population
from contracts.errors import BookRefused
from contracts.folder import SHIPPED, Place
from contracts.form import ApprovalForm, ContractForm, Draft, GrantForm
from contracts.kinds import Kind
from contracts.law import Basis, Item, expanded, item_ids


@dataclass(frozen=True, slots=True)
class Book:
    """The law and all contracts under it, by id and sorted; `hash` changes with any word of either."""

    items: Mapping[str, Item]
    kinds: Mapping[str, Kind]
    bases: Mapping[str, Basis]
    contracts: Mapping[str, Contract]
    hash: str = ""

    def document(self) -> dict[str, Any]:
        """All of it as JSON values; `hash` is the SHA-256 of its canonical form (RFC 8785)."""
        return {
            "items": {name: _plain(item) for name, item in self.items.items()},
            "kinds": {name: _plain(kind) for name, kind in self.kinds.items()},
            "bases": {key: _plain(basis) for key, basis in self.bases.items()},
            "contracts": {name: contract.document() for name, contract in self.contracts.items()},
        }

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Book":
        """The Book of which `document` is the document."""
        contracts = {name: Contract.of(each) for name, each in sorted(document["contracts"].items())}
        return _sealed(cls(
            items={name: _again(Item, each) for name, each in document["items"].items()},
            kinds={name: _again(Kind, each) for name, each in document["kinds"].items()},
            bases={key: _again(Basis, each) for key, each in document["bases"].items()},
            contracts=MappingProxyType(contracts),
        ))  # fmt: skip


def load(folder: Path | None = None) -> Book:
    """The Book in `folder` (default: the shipped one); raises BookRefused with every finding at once."""
    return _judged(folder) if folder else _shipped()


@cache
def _shipped() -> Book:
    """It is part of the program, as the lists of the law are: read once, and a value that nobody changes."""
    return _judged(SHIPPED)


def _judged(folder: Path) -> Book:
    place = Place(folder)
    law, found = place.law()
    drafts, faults = place.drafts()
    found += faults + tuple(finding for each in drafts for finding in findings(each, law)) + tuple(twins(drafts))
    if found:
        raise BookRefused(found)
    contracts = {draft.id: _contract(draft) for draft in drafts}
    return _sealed(Book(law.items, law.kinds, law.bases, MappingProxyType(dict(sorted(contracts.items())))))


def _sealed(book: Book) -> Book:
    return replace(book, hash=fingerprint(book.document()))


def _contract(draft: Draft) -> Contract:
    form = draft.form
    if form.protected is None or form.via is None or form.in_force is None or form.approved is None:
        raise AssertionError("an incomplete contract has findings and is never built")
    return Contract(
        id=draft.id, subscriber=form.subscriber, purpose=form.purpose, basis=tuple(form.basis),
        hears=heard(draft), always=expanded(form.always), items=_ids(form.items),
        granted=tuple(map(_grant, form.granted)), conditional=_ids(form.conditional),
        identifier=item_ids()[form.identifier], population=_population(form), protected=form.protected,
        mirror=form.mirror, via=form.via, shadow_from=form.shadow_from,
        in_force_from=form.in_force.since, in_force_until=form.in_force.until, approved=_approval(form.approved),
    )  # fmt: skip


def _ids(names: list[str]) -> tuple[str, ...]:
    return tuple(item_ids()[name] for name in names)


def _population(form: ContractForm) -> Population | None:
    people = form.population
    return None if people is None else Population(people.age_from, people.age_to, people.japanese)


def _grant(form: GrantForm) -> Grant:
    return Grant(item_ids()[form.item], _approval(form), form.since or form.on, form.until)


def _approval(form: ApprovalForm) -> Approval:
    return Approval(form.by, form.on, form.ref, form.sample)


def _plain(part: Item | Kind | Basis) -> dict[str, Any]:
    return {name: _value(value) for name, value in asdict(part).items()}


def _value(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else value


_READ: Final[Mapping[Any, Any]] = {
    frozenset[str]: frozenset, tuple[str, ...]: tuple, date: date.fromisoformat,
    date | None: lambda day: day and date.fromisoformat(day),
}  # fmt: skip


def _again(part: type[Any], document: Mapping[str, Any]) -> Any:
    return part(**{each.name: _READ.get(each.type, lambda value: value)(document[each.name]) for each in fields(part)})
