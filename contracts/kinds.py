"""The closed list of kinds of change (住民基本台帳法施行規則11条 and the registry's own), out of law/kinds.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

ENTRY: Final = "記載"
REMOVAL: Final = "消除"
CORRECTION: Final = "修正"
SNAPSHOT: Final = "SNAPSHOT"
REVIEW: Final = "POPULATION_REVIEW"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of change: id on the wire, statutory name, 記載・消除・修正, group, whether 規則11条 names it."""

    id: str
    ja: str
    action: str
    group: str
    statutory: bool


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by id, as shipped. The list is the law's, so it does not vary with the Book."""
    tables = tomllib.loads(files("contracts").joinpath("law/kinds.toml").read_text(encoding="utf-8"))
    return MappingProxyType({
        name: Kind(name, table["ja"], table["action"], table["group"], table.get("statutory", False))
        for name, table in tables["kinds"].items()
    })  # fmt: skip
