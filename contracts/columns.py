"""From the items of a contract to the columns of its files, by one rule that follows from law/items.toml. Pure.

    most items         one column, called as the item is on the wire
    a date             two: the date, with X for what is unknown of it (1950-XX-XX, as in ISO 8601-2), and `.text`, its
                       original wording where there is one
    a thing of parts   one (or, for a date, two) per part: `address.town`, `dv_protection.starts_on`
    a list             one, JSON

The order is that of the contract, and of the parts in contracts/record.py. A value that has no place in its columns is
no reason to leave something of it out: `Unfit`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, get_args

from contracts import record
from contracts.errors import JukiError
from contracts.law import items as law_items

PROTECTED: Final = "protected"
ALWAYS: Final = ("disclosure", "version", "recorded_at", "state", "transfer")
"""What stands before the items: which disclosure, its version, when it was recorded, entered/inside/deleted/left, and
the order of a 随時移転, whose line has `withheld` for what the order did not name; nothing in every other line."""

Value = str | int | bool | None
"""What a cell is made of; None: the register has none."""

_TABLES: Final[Mapping[str, Any]] = {
    "Address": record.Address, "{status, period}": record.ResidenceStatus,
    "{category, starts_on, ends_on}": record.DvProtection, "{number, registered_on}": record.SealRegistration,
}  # fmt: skip
"""The types of law/items.toml that have parts, and where those stand."""
_ENCODED: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_UNKNOWN: Final = {"year": "XXXX", "month": "XX", "day": "XX"}


class Unfit(JukiError):
    """A value that is not of its item's form."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one contract's files. `items`: its permitted items in their order."""

    items: tuple[str, ...]

    @property
    def says_protected(self) -> bool:
        """Whether the contract may know of 支援措置, and its rows say so."""
        return "dv_protection" in self.items

    @property
    def names(self) -> tuple[str, ...]:
        """Every column, in order."""
        own = (name for item in self.items for name in of_item(item))
        return (*ALWAYS, *([PROTECTED] if self.says_protected else []), *own)


@cache
def of_item(item: str) -> tuple[str, ...]:
    """The columns of one item."""
    kind = law_items()[item].type
    if kind not in _TABLES:
        return _of_value(item, kind == "Date")
    return tuple(name for part, is_date in _parts(kind).items() for name in _of_value(f"{item}.{part}", is_date))


def values(item: str, value: Any) -> list[Value]:
    """What stands in the columns of `item`; Unfit where it is not of the form that the law gives the item."""
    kind = law_items()[item].type
    if kind in _TABLES:
        return [*_in_parts(_parts(kind), {} if value is None else value)]
    if kind == "Date":
        return [*_date(value)]
    return [_listed(value) if kind == "list" else _plain(value)]


def names_of(kept: Iterable[str]) -> tuple[str, ...]:
    """The columns of these items and, where it is one of them, of PROTECTED."""
    return _names_of(tuple(kept))


@cache
def _names_of(kept: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for item in kept for name in ((item,) if item == PROTECTED else of_item(item)))


def texts(kept: Mapping[str, Any]) -> dict[str, str | None]:
    """What a reader of files has of these items and of PROTECTED: column -> text, None where the register has none."""
    cells = (value for item, one in kept.items() for value in ((one,) if item == PROTECTED else values(item, one)))
    return dict(zip(names_of(kept), map(_as_text, cells), strict=True))


def _as_text(value: Value) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _of_value(name: str, is_date: bool) -> tuple[str, ...]:
    return (name, f"{name}.text") if is_date else (name,)


@cache
def _parts(kind: str) -> Mapping[str, bool]:
    """The parts of a thing, and whether each is a date."""
    hints = _TABLES[kind].__annotations__
    return {name: record.Date in get_args(hint) for name, hint in hints.items()}


def _in_parts(parts: Mapping[str, bool], value: Any) -> Iterator[Value]:
    if not isinstance(value, dict) or not value.keys() <= parts.keys():
        raise Unfit("unfit-value")
    for name, is_date in parts.items():
        yield from _date(value.get(name)) if is_date else (_plain(value.get(name)),)


def _date(value: Any) -> Sequence[Value]:
    if value is None or isinstance(value, str):
        return value, None
    if not isinstance(value, dict) or not value.keys() <= {*_UNKNOWN, "text"}:
        raise Unfit("unfit-value")
    known = [_digits(value.get(name), unknown) for name, unknown in _UNKNOWN.items()]
    return "-".join(known), _plain(value.get("text"))


def _digits(part: Any, unknown: str) -> str:
    if part is None:
        return unknown
    if type(part) is not int:
        raise Unfit("unfit-value")
    return f"{part:0{len(unknown)}d}"


def _plain(value: Any) -> Value:
    if value is None or isinstance(value, str | bool | int):
        return value
    raise Unfit("unfit-value")


def _listed(value: Any) -> Value:
    return None if value is None else _ENCODED(value)
