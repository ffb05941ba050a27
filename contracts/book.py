"""The Book: every contract, judged by the law as a whole. `load` returns all of it or refuses all of it.

A folder with a Book has subscribers/<contract>.toml (or the contracts lie in the folder itself) and may have its own
law/bases.toml; without one the shipped bases hold. Items and kinds are closed lists: a folder may repeat them, not
change them. No Book, no process.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from contracts.canonical import fingerprint
from contracts.checks import expanded, findings, heard
from contracts.contract import Approval, Contract, Grant, Population
from contracts.errors import BookRefused, Finding
from contracts.form import ApprovalForm, ContractForm, Draft, draft
from contracts.kinds import Kind
from contracts.law import FOLDER, Basis, Item, Law, item_ids, read_law
from contracts.source import Source, read

SHIPPED = Path(__file__).parent
_CLOSED = ("items.toml", "kinds.toml")


@dataclass(frozen=True, slots=True)
class Book:
    """The law and all contracts under it, by id and sorted; `hash` changes with any word of either."""

    items: Mapping[str, Item]
    kinds: Mapping[str, Kind]
    bases: Mapping[str, Basis]
    contracts: Mapping[str, Contract]
    hash: str


def load(folder: Path | None = None) -> Book:
    """The Book in `folder` (default: the shipped one); raises BookRefused with every finding at once."""
    place = _Place(folder or SHIPPED)
    law, found = _law(place)
    drafts, faults = _drafts(place)
    found += faults + tuple(finding for each in drafts for finding in findings(each, law))
    if found:
        raise BookRefused(tuple(sorted(found, key=lambda finding: (finding.file, finding.line, finding.code))))
    return _book(law, [_contract(each) for each in drafts])


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a Book lies, and what its files are called towards people."""

    folder: Path

    @property
    def subscribers(self) -> Path:
        own = self.folder / "subscribers"
        return own if own.is_dir() else self.folder

    def name(self, file: Path) -> str:
        return str(file.relative_to(SHIPPED.parent) if file.is_relative_to(SHIPPED) else file)

    def read(self, file: Path) -> tuple[Source, tuple[Finding, ...]]:
        return read(file, self.name(file))


def _law(place: _Place) -> tuple[Law, tuple[Finding, ...]]:
    own = place.folder / "law" / "bases.toml"
    source, faults = place.read(own if own.is_file() else FOLDER / "bases.toml")
    law, found = read_law(source)
    return law, faults + found + tuple(_changed_lists(place))


def _changed_lists(place: _Place) -> Iterator[Finding]:
    for name in _CLOSED:
        own = place.folder / "law" / name
        if own.is_file() and place.read(own)[0].tables != place.read(FOLDER / name)[0].tables:
            yield Finding("closed-list", place.name(own), 1, f"law/{name} differs from the one of this release: "
                          "items and kinds are closed lists; take the file out")  # fmt: skip


def _drafts(place: _Place) -> tuple[list[Draft], tuple[Finding, ...]]:
    files = sorted(place.subscribers.glob("*.toml"))
    if not files:
        where = place.name(place.subscribers)
        return [], (Finding("no-contract", where, 1, "no contract here: write one, or name its folder"),)
    drafts: list[Draft] = []
    found: tuple[Finding, ...] = ()
    for file in files:
        source, faults = place.read(file)
        found += faults
        if not faults:
            read_draft, faults = draft(file.stem, source)
            drafts.append(read_draft)
            found += faults
    return drafts, found


def _book(law: Law, contracts: list[Contract]) -> Book:
    sorted_contracts = {contract.id: contract for contract in sorted(contracts, key=lambda contract: contract.id)}
    whole = {
        "items": {name: asdict(item) for name, item in law.items.items()},
        "kinds": {name: asdict(kind) for name, kind in law.kinds.items()},
        "bases": {key: _basis(basis) for key, basis in law.bases.items()},
        "contracts": {name: contract.hash for name, contract in sorted_contracts.items()},
    }
    return Book(law.items, law.kinds, law.bases, MappingProxyType(sorted_contracts), fingerprint(whole))


def _contract(draft: Draft) -> Contract:
    form = draft.form
    if form.protected is None or form.via is None or form.in_force is None or form.approved is None:
        raise AssertionError("an incomplete contract has findings and is never built")
    granted = tuple(Grant(item_ids()[grant.item], _approval(grant)) for grant in form.granted)
    return Contract(
        id=draft.id, subscriber=form.subscriber, purpose=form.purpose, basis=tuple(form.basis),
        hears=heard(draft), always=expanded(form.always), items=(*_ids(form.items), *(grant.item for grant in granted)),
        granted=granted, conditional=_ids(form.conditional), identifier=item_ids()[form.identifier],
        population=_population(form), protected=form.protected, mirror=form.mirror, via=form.via,
        in_force_from=form.in_force.since, in_force_until=form.in_force.until, approved=_approval(form.approved),
    )  # fmt: skip


def _ids(names: list[str]) -> tuple[str, ...]:
    return tuple(item_ids()[name] for name in names)


def _population(form: ContractForm) -> Population | None:
    people = form.population
    return None if people is None else Population(people.age_from, people.age_to, people.japanese)


def _approval(form: ApprovalForm) -> Approval:
    return Approval(form.by, form.on, form.ref)


def _basis(basis: Basis) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(basis).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else value
