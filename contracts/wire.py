"""A Change on the wire (異動): the form of every field, and what is refused where one does not fit.

This is the reference: whatever another reader lets in, this one lets in as well. Only closed codes and known places
come of it, never a value and never the name of an unknown field.
"""

import re
from datetime import datetime
from typing import Annotated, Any, NamedTuple, NotRequired
from uuid import UUID

from pydantic import AfterValidator, Field, StrictInt, StrictStr, TypeAdapter, ValidationError, with_config
from pydantic_core import ErrorDetails, PydanticCustomError
from typing_extensions import TypedDict

from contracts.errors import ChangeRefused
from contracts.identifiers import JuminhyoCheck
from contracts.kinds import kinds
from contracts.record import STRICT, Date, Record

UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
CONTRACT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TIME = re.compile(
    r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-2][0-9]:[0-5][0-9])"
)
MOST_CONTRACTS = 100


class Read(NamedTuple):
    """What a line holds, and of two of its texts what they stand for."""

    wire: "Wire"
    resident: UUID
    recorded_at: datetime


def valid(read: Any, juminhyo_check: JuminhyoCheck | None) -> "Wire | ChangeRefused":
    """`read` itself, where every field has its form."""
    try:
        return _WIRE.validate_python(read, context=juminhyo_check)
    except ValidationError as refused:
        return _refusal(refused.errors(include_url=False, include_context=False, include_input=False)[0])


def _uuid(text: str) -> str:
    if not UUID_TEXT.fullmatch(text):
        raise PydanticCustomError("bad-format", "a UUID as text")
    return text


def _version(number: int) -> int:
    if not 0 < number < 2**63:
        raise PydanticCustomError("bad-number", "microseconds above zero, below 2^63")
    return number


def _kind(text: str) -> str:
    if text not in kinds():
        raise PydanticCustomError("unknown-kind", "not in the closed list of kinds")
    return text


def moment(text: str) -> datetime | None:
    """The moment that `text` says: RFC 3339 with an offset; None where it says none."""
    try:
        return datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:
        return None


def _time(text: str) -> str:
    if moment(text) is None:
        raise PydanticCustomError("bad-timestamp", "RFC 3339 with an offset")
    return text


def _names(given: list[Any]) -> list[Any]:
    if not 0 < len(given) <= MOST_CONTRACTS or not all(isinstance(one, str) for one in given):
        raise PydanticCustomError("bad-type", "a list of some contracts")
    if not all(CONTRACT.fullmatch(one) for one in given):
        raise PydanticCustomError("bad-format", "not the form of a contract's id")
    return given


def _item(text: str) -> str:
    if text not in _ITEMS:
        raise PydanticCustomError("unknown-item", "not an item of the law")
    return text


Id = Annotated[StrictStr, AfterValidator(_uuid)]
Version = Annotated[StrictInt, AfterValidator(_version)]
Kind = Annotated[StrictStr, AfterValidator(_kind)]
Time = Annotated[StrictStr, AfterValidator(_time)]
Contracts = Annotated[list[Any], AfterValidator(_names)]
_Item = Annotated[StrictStr, AfterValidator(_item)]
_ITEMS = {*Record.__annotations__} - {"protected"}


@with_config(STRICT)
class TransferWire(TypedDict):
    order: Id
    items: Annotated[list[_Item], Field(min_length=1, max_length=len(_ITEMS))]


@with_config(STRICT)
class Wire(TypedDict):
    id: Id
    resident: Id
    version: Version
    kind: Kind
    effective_on: Date
    notified_on: NotRequired[Date | None]
    recorded_at: Time
    before: Record | None
    after: Record | None
    cancels: NotRequired[Id | None]
    to: NotRequired[Contracts | None]
    transfer: NotRequired[TransferWire | None]


_WIRE: TypeAdapter[Wire] = TypeAdapter(Wire)
_RECORDS = ("before", "after")
_NAMES = {*Wire.__annotations__, *TransferWire.__annotations__, *Record.__annotations__}
_CODES = {
    "missing": "missing-field", "literal_error": "bad-format",
    "string_pattern_mismatch": "control-character", "string_unicode": "control-character",
}  # fmt: skip


def _refusal(error: ErrorDetails) -> ChangeRefused:
    parts = [part for part in error["loc"] if isinstance(part, str)]
    unknown = error["type"] == "extra_forbidden"
    place = ".".join(part for part in (parts[:-1] if unknown else parts) if part in _NAMES)
    if unknown:
        return ChangeRefused("unknown-item" if parts[:1] and parts[0] in _RECORDS else "unknown-field", place)
    return ChangeRefused(_code(error["type"]), place)


def _code(kind: str) -> str:
    return kind if "-" in kind else _CODES.get(kind, "bad-type")
