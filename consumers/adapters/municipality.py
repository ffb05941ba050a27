"""Who speaks to the counterparts: the municipality's own code, addresses and telephones, and the codes of the others.

Read once, from the TOML file that HUB_MUNICIPALITY names. Without one a made-up city speaks, which production refuses:
a letter that names a counter that does not exist must not be printed. `codes` are names of municipalities as they stand
at the beginning of a 戸籍の表示, prefecture first, with their 全国地方公共団体コード; its own is among them.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from contracts.identifiers import municipality_check, municipality_code_fault
from hub.config import Settings
from hub.errors import NotPermitted, UsageError

_WHERE: Final = "HUB_MUNICIPALITY"
_POSTAL: Final = re.compile(r"[0-9]{7}")


@dataclass(frozen=True, slots=True)
class Office:
    """A place that a letter names: a name, and where it is."""

    name: str
    postal_code: str
    address: str
    phone: str


@dataclass(frozen=True, slots=True)
class Municipality:
    """One municipality. `pickup`: 交付場所; `cards`: カード送付場所; `operator`, `terminal`: who the CS says acts."""

    code: str
    office: Office
    pickup: Office
    cards: Office
    operator: str
    terminal: str
    printing: str
    codes: Mapping[str, str]


def _code(five: str) -> str:
    return five + municipality_check(five)


_HALL: Final = "見本県見本市見本町一丁目１番１号"
MADE_UP: Final = Municipality(
    code=_code("99201"), office=Office("見本県見本市", "9900001", _HALL, "000-000-0001"),
    pickup=Office("見本市役所市民課", "9900001", _HALL, "000-000-0002"),
    cards=Office("見本市役所カード窓口", "9900001", _HALL, "000-000-0003"),
    operator="OP00000001", terminal="TM00000001", printing="1",
    codes=MappingProxyType({
        "見本県見本市": _code("99201"), "見本県例示町": _code("99301"), "架空県仮名市": _code("99202"),
        "想定県雛形村": _code("99401"),
    }),
)  # fmt: skip
"""A city that does not exist, with three neighbours."""


def municipality(settings: Settings) -> Municipality:
    """The one that is set; NotPermitted in production where none is, UsageError where the file is not one."""
    if settings.municipality is not None:
        return read(settings.municipality)
    if settings.env == "production":
        raise NotPermitted("made-up-municipality", _WHERE)
    return MADE_UP


def read(file: Path) -> Municipality:
    """The municipality in `file`: every field, and no other."""
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError("unreadable", _WHERE) from None
    offices = {name: Office(**_texts(said.pop(name, {}), Office)) for name in ("office", "pickup", "cards")}
    codes = said.pop("codes", {})
    if not isinstance(codes, dict) or any(not isinstance(code, str) for code in codes.values()):
        raise UsageError("bad-setting", f"{_WHERE}: codes")
    made = Municipality(**_texts(said, Municipality, but={*offices, "codes"}), **offices, codes=MappingProxyType(codes))
    if any(map(municipality_code_fault, (made.code, *codes.values()))):
        raise UsageError("bad-setting", f"{_WHERE}: code")
    return made


def _texts(said: Any, of: type, but: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
    names = {field.name for field in fields(of)} - but
    if not isinstance(said, dict) or said.keys() != names:
        raise UsageError("bad-setting", f"{_WHERE}: {of.__name__.lower()}")
    if any(not isinstance(text, str) or not text for text in said.values()) or not _POSTAL.fullmatch(
        said.get("postal_code", "0000000")
    ):
        raise UsageError("bad-setting", f"{_WHERE}: {of.__name__.lower()}")
    return said
