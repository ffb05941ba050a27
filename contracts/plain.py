"""The quick way through the door, which most lines take: read once by types, and no objection is ever told.

It lets in nothing that the form on the wire (`contracts.wire`) refuses, and reads the same from what it lets in: its
types are made from that very form. Where it cannot say that a line is plain and valid it says nothing, and the strict
way decides. Plain is a line that is, byte for byte, what comes of writing down again what was read from it, so that no
key is there twice and nothing is spelled in another way; and in which no byte is, or may begin, a control character.
"""

from collections.abc import Callable, Mapping
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NotRequired, Union, get_args, get_origin
from uuid import UUID

import orjson
from msgspec import Meta, Struct, convert, defstruct
from pydantic import StrictBool

from contracts import identifiers as numbers
from contracts import record as form
from contracts.dates import day_exists
from contracts.identifiers import JuminhyoCheck
from contracts.kinds import kinds
from contracts.wire import (
    CONTRACT,
    MOST_CONTRACTS,
    UUID_TEXT,
    Contracts,
    Id,
    Kind,
    Read,
    Time,
    TransferWire,
    Version,
    Wire,
    moment,
)

_ESCAPE: Final = ord("\\")
_DELETE: Final = 0x7F
_CONTROL: Final = 0xC2
"""The first byte of U+0080 to U+00BF; half of them are control characters, all others begin with another byte."""


Fault = Callable[[str], str | None]
"""What there is against a number, if anything."""


def plain(line: bytes, juminhyo_check: JuminhyoCheck | None) -> Read | None:
    """What `line` holds, where it is plain and valid."""
    if _ESCAPE in line or _DELETE in line or _CONTROL in line:
        return None
    try:
        read = orjson.loads(line)
        typed = convert(read, _FORM)
        _look(typed.before, _NUMBERS)
        _look(typed.after, _NUMBERS, typed.before)
        is_plain = orjson.dumps(read) == line and _is_spelled_well(read) and _is_checked(typed, juminhyo_check)
    except (ValueError, TypeError):  # TypeError: too deep to be written down
        return None
    recorded_at = moment(typed.recorded_at)
    return Read(read, typed.resident, recorded_at) if is_plain and recorded_at else None


def _is_spelled_well(read: dict[str, Any]) -> bool:
    """Of what types let through and the form does not."""
    ids = [each for each in (read["id"], read["resident"], read.get("cancels")) if each is not None]
    return (
        all(map(UUID_TEXT.fullmatch, ids))
        and read["kind"] in kinds()
        and all(map(CONTRACT.fullmatch, read.get("to") or ()))
    )


def _is_checked(typed: Any, check: JuminhyoCheck | None) -> bool:
    """Whether each 住民票コード fits the check that a city has plugged in."""
    if check is None:
        return True
    codes = (getattr(record, "juminhyo_code", None) for record in (typed.before, typed.after))
    return all(check(code) for code in codes if code is not None)


class _Incomplete(Struct, forbid_unknown_fields=True):
    """A date of which parts are not known."""

    year: Annotated[int, Meta(ge=1, le=9999)] | None = None
    month: Annotated[int, Meta(ge=1, le=12)] | None = None
    day: Annotated[int, Meta(ge=1, le=31)] | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        if not day_exists(self.year, self.month, self.day):
            raise ValueError


_FAULTS: Final[dict[Any, Fault]] = {
    form.MunicipalNumber: numbers.municipal_number_fault, form.MunicipalityCode: numbers.municipality_code_fault,
    form.MyNumber: numbers.my_number_fault, form.JuminhyoCode: numbers.juminhyo_code_fault,
}  # fmt: skip
_TYPES: Final[dict[Any, Any]] = {
    **dict.fromkeys(_FAULTS, str), form.Text: str, StrictBool: bool, form.Date: date | _Incomplete,
    form.Derived: None, form.History: list[str], Id: UUID, Kind: str, Time: str, TransferWire: None,
    Version: Annotated[int, Meta(gt=0, le=2**63 - 1)],
    Contracts: Annotated[list[str], Meta(min_length=1, max_length=MOST_CONTRACTS)],
}  # fmt: skip
"""A text has been looked at with its line; a 随時移転, and a history with dates in it, is left to the strict way."""


def _typed(what: Any) -> Any:
    """A form as a type; KeyError for one that nobody here knows."""
    if get_origin(what) is NotRequired:
        return _typed(get_args(what)[0])
    if get_origin(what) in (Union, UnionType):
        return Union[tuple(map(_typed, get_args(what)))]  # noqa: UP007 - made of what is known when this runs
    if what is NoneType or get_origin(what) is Literal:
        return what
    return _TYPES[what] if what in _TYPES else _table(what)


def _table(of: Any) -> type[Struct]:
    """A table of the form as a type. A part of a record looks at its own numbers as it is read."""
    members = of.__annotations__
    needed = [(name, _typed(members[name])) for name in of.__required_keys__]
    others = [(name, _typed(members[name]), None) for name in of.__optional_keys__]
    faults = {} if of is form.Record else _faults(of)
    own = {"__post_init__": lambda self: _look(self, faults)} if faults else {}
    return defstruct(of.__name__, [*needed, *others], namespace=own, forbid_unknown_fields=True)


def _faults(of: Any) -> dict[str, Fault]:
    members = of.__annotations__.items()
    return {name: _FAULTS[part] for name, what in members for part in get_args(what) if part in _FAULTS}


def _look(table: Any, faults: Mapping[str, Fault], known: Any = None) -> None:
    """ValueError where a number of `table` has a fault; what `known` has as well was looked at before."""
    for name, fault in faults.items():
        value = getattr(table, name, None)
        if value is not None and value != getattr(known, name, None) and fault(value) is not None:
            raise ValueError


_NUMBERS: Final = _faults(form.Record)
_FORM: Final[Any] = _table(Wire)
