"""The policy as the oracle of the corpus reads it: policy.yaml, groups of kinds expanded. The Book is not asked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml


@dataclass(frozen=True, slots=True)
class People:
    """Whom a contract concerns, and whether 支援措置 puts somebody outside."""

    age_from: int | None = None
    age_to: int | None = None
    japanese: bool | None = None
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """One contract of the policy."""

    id: str
    subscriber: str
    items: tuple[str, ...]
    conditional: tuple[str, ...]
    hears: frozenset[str]
    always: frozenset[str]
    identifier: str
    protected: str
    people: People


_TABLES: Final[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("policy.yaml").read_text(encoding="utf-8"))

ITEMS: Final[dict[str, str]] = _TABLES["items"]
"""Item by id: its wording."""
DERIVED: Final = frozenset(_TABLES["derived"])
_GROUPS: Final[dict[str, dict[str, str]]] = {
    group: {kind: ja for kind, ja in table.items() if kind.isupper()} for group, table in _TABLES["kinds"].items()
}  # fmt: skip
KINDS: Final = {kind: ja for group in _GROUPS.values() for kind, ja in group.items()}
"""Kind by id: its name."""
ACTIONS: Final = {kind: str(_TABLES["kinds"][group]["action"]) for group, each in _GROUPS.items() for kind in each}
"""Kind by id: 記載, 消除 or 修正."""


def _heard(names: list[str]) -> frozenset[str]:
    return frozenset().union(*(_GROUPS.get(name, {name}) for name in names))


def _terms(name: str, table: dict[str, Any]) -> Terms:
    without_saying = ["review", "snapshot"] if table.get("copy") else ["review"]
    return Terms(
        id=name, subscriber=table["as"], items=tuple(table["items"]), conditional=tuple(table.get("given", ())),
        hears=_heard(table["hears"] + without_saying), always=_heard(table.get("always", [])),
        identifier=table["key"], protected=table["protected"],
        people=People(**table.get("people", {}), suspended=table["protected"] == "suspend"),
    )  # fmt: skip


SUBSCRIBERS: Final = {name: _terms(name, table) for name, table in sorted(_TABLES["contracts"].items())}
"""Contract by id."""
