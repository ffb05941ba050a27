"""The law as data: items, kinds and legal bases, with the names that contracts use for them.

Items and kinds are the program's own closed lists; bases may differ from city to city (ordinances), so a folder with
another Book may bring its own law/bases.toml.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from contracts.errors import Finding, Text
from contracts.form import BasisForm, form_findings
from contracts.kinds import Kind, kinds
from contracts.objections import FORM
from contracts.source import Source

FOLDER: Final = Path(__file__).parent / "law"
NUMBER_ACT: Final = "番号法"


@dataclass(frozen=True, slots=True)
class Item:
    """One item: id on the wire, statutory name, whole wording, where the law puts it, what it says something about."""

    id: str
    ja: str
    also: tuple[str, ...]
    label: str
    basis: str
    type: str
    sensitivity: str
    derived_from: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """One legal basis. `permits` and `when_granted`: ids of items; `always`: ids of kinds that are told of anyway.
    `reasons`: ids of kinds of which 異動事由 may be told to whoever has none of the items that they concern.

    `in_force_until`: last day, None for open-ended. `certainty`: S, K or U, as law/bases.toml explains.
    """

    key: str
    law: str
    article: str
    permits: frozenset[str]
    when_granted: frozenset[str]
    always: frozenset[str]
    reasons: frozenset[str]
    purposes: tuple[str, ...]
    in_force_from: date
    in_force_until: date | None
    source: str
    certainty: str
    remark: str

    @property
    def name(self) -> str:
        """Act and article, as it is cited."""
        return f"{self.law}{self.article}"

    def covers(self, since: date, until: date | None) -> bool:
        """Whether the basis is in force on every day from `since` to `until` (None: for good)."""
        ends_in_time = self.in_force_until is None or (until is not None and until <= self.in_force_until)
        return self.in_force_from <= since and ends_in_time


@dataclass(frozen=True, slots=True)
class Law:
    """Everything that a contract is judged by."""

    items: Mapping[str, Item]
    kinds: Mapping[str, Kind]
    bases: Mapping[str, Basis]
    source: Source
    """Where the bases stand."""


@cache
def items() -> Mapping[str, Item]:
    """Every item by id, in the order of law/items.toml."""
    tables = tomllib.loads((FOLDER / "items.toml").read_text(encoding="utf-8"))["items"]
    return MappingProxyType({name: _item(name, table) for name, table in tables.items()})


@cache
def item_ids() -> Mapping[str, str]:
    """The id of every name that a contract may use for an item."""
    return MappingProxyType({name: item.id for item in items().values() for name in (item.ja, *item.also)})


def item_id(name: str) -> str:
    """The id of the item called `name`; the name itself where there is none."""
    return item_ids().get(name, name)


@cache
def kind_ids() -> Mapping[str, frozenset[str]]:
    """The ids of kinds that a name stands for: a kind's own name, or that of its group."""
    groups = tomllib.loads((FOLDER / "kinds.toml").read_text(encoding="utf-8"))["groups"]
    named = {kind.ja: frozenset({kind.id}) for kind in kinds().values()}
    for group, ja in groups.items():
        named[ja] = frozenset(kind.id for kind in kinds().values() if kind.group == group)
    return MappingProxyType(named)


@cache
def concerned() -> Mapping[str, frozenset[str]]:
    """The items that a kind is about, by the kind's id; a kind that is about the whole record has none."""
    about = tomllib.loads((FOLDER / "kinds.toml").read_text(encoding="utf-8"))["about"]
    return MappingProxyType({kind.id: _ids(about.get(kind.group, [])) for kind in kinds().values()})


def expanded(names: list[str]) -> frozenset[str]:
    """The ids of the kinds that the known ones of `names` stand for."""
    return frozenset().union(*(kind_ids().get(name, frozenset()) for name in names))


def read_law(source: Source) -> tuple[Law, tuple[Finding, ...]]:
    """The law with the bases of `source`, and what is wrong with them; faulty bases are left out."""
    bases: dict[str, Basis] = {}
    findings = [
        source.finding("unknown-key", FORM["law-unknown-key"].format(key=key), key)
        for key in source.tables if key != "bases"
    ]  # fmt: skip
    for key, table in _tables(source).items():
        try:
            form = BasisForm.model_validate(table)
        except ValidationError as refused:
            errors = refused.errors(include_url=False, include_input=False)
            findings += form_findings(source, errors, Text(f"根拠 {key}", f"basis {key}"), _header(key))
            continue
        findings += _basis_findings(source, key, form)
        bases[key] = _basis(key, form)
    return Law(items(), kinds(), MappingProxyType(bases), source), tuple(findings)


def _tables(source: Source) -> dict[str, Any]:
    tables = source.tables.get("bases", {})
    return tables if isinstance(tables, dict) else {}


def _basis_findings(source: Source, key: str, form: BasisForm) -> Iterator[Finding]:
    line = source.table(_header(key))
    for name in (*form.permits, *form.when_granted):
        if name not in item_ids():
            yield Finding("unknown-item", source.name, line, FORM["law-unknown-item"].format(basis=key, name=name))
    for name in (*form.always, *form.reasons):
        if name not in kind_ids():
            yield Finding("unknown-kind", source.name, line, FORM["law-unknown-kind"].format(basis=key, name=name))
    if form.in_force.until is not None and form.in_force.until < form.in_force.since:
        yield Finding("bad-period", source.name, line, FORM["law-bad-period"].format(basis=key))


def _header(key: str) -> str:
    return f'bases."{key}"'


def _basis(key: str, form: BasisForm) -> Basis:
    return Basis(
        key=key, law=form.law, article=form.article, permits=_ids(form.permits), when_granted=_ids(form.when_granted),
        always=expanded(form.always), reasons=expanded(form.reasons),
        purposes=tuple(form.purposes), in_force_from=form.in_force.since, in_force_until=form.in_force.until,
        source=form.source, certainty=form.certainty, remark=form.remark,
    )  # fmt: skip


def _ids(names: list[str]) -> frozenset[str]:
    return frozenset(item_ids()[name] for name in names if name in item_ids())


def _item(name: str, table: Mapping[str, Any]) -> Item:
    return Item(
        id=name, ja=table["ja"], also=tuple(table.get("also", ())), label=table["label"], basis=table["basis"],
        type=table["type"], sensitivity=table["sensitivity"], derived_from=tuple(table.get("derived_from", ())),
    )  # fmt: skip
