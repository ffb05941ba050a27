"""The policy as the oracle of the corpus reads it: policy.yaml, in ids of the wire. The Book is not asked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml


@dataclass(frozen=True, slots=True)
class Terms:
    """One contract of the policy, its groups of kinds expanded."""

    id: str
    subscriber: str
    items: tuple[str, ...]
    conditional: tuple[str, ...]
    hears: frozenset[str]
    always: frozenset[str]
    identifier: str
    protected: str
    age_from: int | None = None
    age_to: int | None = None
    japanese: bool | None = None


def _groups() -> dict[str, frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for kind, table in _TABLES["kinds"].items():
        groups.setdefault(table["group"], set()).add(kind)
        groups[kind] = {kind}
    return {name: frozenset(members) for name, members in groups.items()}


def _terms(name: str, table: dict[str, Any]) -> Terms:
    groups = _groups()
    also = ["review", *(["snapshot"] if table.get("mirror") else [])]
    return Terms(
        id=name, subscriber=table["ja"], items=tuple(table["items"]), conditional=tuple(table["conditional"]),
        hears=frozenset().union(*(groups[each] for each in [*table["hears"], *also])),
        always=frozenset().union(*(groups[each] for each in table.get("always", []))),
        identifier=table["identifier"], protected=table["protected"], **table.get("population", {}),
    )  # fmt: skip


_TABLES: Final = yaml.safe_load(Path("/tmp/policy_shared.yaml").read_text(encoding="utf-8"))
SUBSCRIBERS: Final = {name: _terms(name, table) for name, table in sorted(_TABLES["contracts"].items())}
