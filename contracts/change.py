"""A Change (異動): one resident, the full record before and after. `parse` is the door.

Who is quicker at what is plain (contracts/written.py) makes the same of it, and leaves the rest to this door.

In order: strict JSON, the form of every field, the fit of kind and shape (記載 has no `before`, 消除 no `after`; only a
first load is addressed `to` contracts, and so addressed it may tell again that somebody left or was removed, in the
shape of that, or be a `transfer` to the one that it names), the size of each record. Whoever holds a Change may rely
on all of it. Beyond this door only closed codes travel: of an offending value neither the content nor the name of an
unknown field is told.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Annotated, Any, NotRequired, cast
from uuid import UUID

from pydantic import AfterValidator, Field, StrictInt, StrictStr, TypeAdapter, ValidationError, with_config
from pydantic_core import ErrorDetails, PydanticCustomError, from_json, to_json
from typing_extensions import TypedDict

from contracts.door import MAX_BYTES, read_json
from contracts.errors import ChangeRefused
from contracts.identifiers import JuminhyoCheck
from contracts.kinds import CORRECTION, ENTRY, REMOVAL, SNAPSHOT, kinds
from contracts.record import STRICT, Date, Record

JAPAN = timezone(timedelta(hours=9), "JST")
MAX_RECORD_BYTES = 30_000
"""Largest record, in bytes of compact JSON: the token of a disclosure that holds all of it stays below 64 KiB."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SHAPES = {ENTRY: (False, True), CORRECTION: (True, True), REMOVAL: (True, False)}
"""Whether there is a record before, and one after."""
_CONTRACT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TIME = re.compile(
    r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-2][0-9]:[0-5][0-9])"
)


@dataclass(frozen=True, slots=True)
class Transfer:
    """随時移転: the id of the order (決裁) that it belongs to, and the items that it is for; it can only leave out."""

    order: str
    items: frozenset[str]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one resident, valid in form.

    `version`: time of recording in microseconds, rising per resident. `before` and `after`: the records as they came,
    null for 記載 and 消除 respectively. `effective_on` and `notified_on`: dates, possibly incomplete. `altered`: ids of
    the items that differ between the two, where missing is null; compared once, for every contract that asks. `to`: the
    contracts that a first load (初期登録), or what is told again, is for; None is all of them. `transfer`: None is no
    随時移転, which tells one contract once of somebody as they stand.
    """

    id: str
    resident: UUID
    version: int
    kind: str
    action: str
    effective_on: Any
    notified_on: Any
    recorded_at: datetime
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    cancels: str | None = None
    to: frozenset[str] | None = None
    transfer: Transfer | None = None
    differing: InitVar[frozenset[str] | None] = None
    altered: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self, differing: frozenset[str] | None) -> None:
        """Compare the records, once; `differing`: what comes of it, where that is known."""
        altered = _altered(self.before or {}, self.after or {}) if differing is None else differing
        object.__setattr__(self, "altered", altered)

    @property
    def day(self) -> date:
        """The day of recording in Japan: the day of decision where no other is given."""
        return self.recorded_at.astimezone(JAPAN).date()


def parse(line: bytes, juminhyo_check: JuminhyoCheck | None = None) -> Change:
    """The Change that `line` (one JSON object, UTF-8) holds; raises ChangeRefused with a closed code and a place."""
    wire = _quickly(line, juminhyo_check) or _valid(read_json(line), juminhyo_check)
    if isinstance(wire, ChangeRefused):
        raise wire  # outside the handler: a refusal that had the library's error as its context would carry the values
    _check_size(line, wire)
    return _change(wire)


def _quickly(line: bytes, juminhyo_check: JuminhyoCheck | None) -> "_Wire | None":
    """What a line holds that is plain and valid; None: look at it strictly, and say what is wrong where something is.

    Plain is a line that is, byte for byte, what comes of writing down again what was read from it: no key is there
    twice, and nothing is spelled in another way. No fraction, and no number that is too long, has a place in the form.
    """
    if len(line) > MAX_BYTES:
        return None
    try:
        read = from_json(line, cache_strings="keys")  # values are a person's: nothing keeps them for later
        return _looked_at_once(read, juminhyo_check) if to_json(read) == line else None
    except (ValueError, TypeError):  # also a ValidationError
        return None


def _looked_at_once(read: Any, juminhyo_check: JuminhyoCheck | None) -> "_Wire":
    """The same as `_WIRE` says of `read`: a text that stands in both records in the same place is looked at once."""
    before, after = (read.get(name) if isinstance(read, dict) else None for name in _RECORDS)
    if not isinstance(before, dict) or not isinstance(after, dict):
        return _WIRE.validate_python(read, context=juminhyo_check)
    fresh = {name: value for name, value in after.items() if not _is_as_before(before, name, value)}
    wire = _WIRE.validate_python({**read, "after": fresh}, context=juminhyo_check)
    wire["after"] = cast("Record", after | cast("dict[str, Any]", wire["after"]))
    return wire


def _is_as_before(before: Mapping[str, Any], name: str, value: Any) -> bool:
    return name in before and (value is None or (type(value) is str and before[name] == value))


def _valid(read: Any, juminhyo_check: JuminhyoCheck | None) -> "_Wire | ChangeRefused":
    try:
        return _WIRE.validate_python(read, context=juminhyo_check)
    except ValidationError as refused:
        return _refusal(refused.errors(include_url=False, include_context=False, include_input=False)[0])


def _change(wire: "_Wire") -> Change:
    before, after, to = wire["before"], wire["after"], wire.get("to")
    return Change(
        id=wire["id"], resident=UUID(wire["resident"]), version=wire["version"], kind=wire["kind"],
        action=action_of(wire["kind"], (before is not None, after is not None), to is not None),
        effective_on=wire["effective_on"], notified_on=wire.get("notified_on"),
        recorded_at=datetime.fromisoformat(wire["recorded_at"]),
        before=before, after=after, cancels=wire.get("cancels"), to=None if to is None else frozenset(to),
        transfer=_transfer(wire),
    )  # fmt: skip


def _altered(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(name for name in {*before, *after} if before.get(name) != after.get(name))


def action_of(kind: str, shape: tuple[bool, bool], addressed: bool) -> str:
    """記載, 修正 or 消除; ChangeRefused where the shape (a record before, one after) does not fit."""
    return _told_again(kind, shape) if addressed else _action(kind, shape)


def _action(kind: str, shape: tuple[bool, bool]) -> str:
    action = kinds()[kind].action
    if shape != _SHAPES[action]:
        raise ChangeRefused("shape-mismatch", "kind")
    return action


def _told_again(kind: str, shape: tuple[bool, bool]) -> str:
    """What is for certain contracts alone changes nothing in the register, and has the action of its shape."""
    if kind != SNAPSHOT:
        raise ChangeRefused("shape-mismatch", "to")
    fitting = [action for action, own in _SHAPES.items() if own == shape]
    if not fitting:
        raise ChangeRefused("shape-mismatch", "kind")
    return fitting[0]


def _transfer(wire: "_Wire") -> Transfer | None:
    """An order is for one contract, and extracts somebody as they stand: nobody is told by it that somebody is gone."""
    if (said := wire.get("transfer")) is None:
        return None
    if len(wire.get("to") or ()) != 1 or wire["before"] is not None or wire["after"] is None:
        raise ChangeRefused("shape-mismatch", "transfer")
    return Transfer(str(UUID(said["order"])), frozenset(said["items"]))


def _check_size(line: bytes, wire: "_Wire") -> None:
    if len(line) <= MAX_RECORD_BYTES:
        return
    for place, record in (("before", wire["before"]), ("after", wire["after"])):
        if len(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()) > MAX_RECORD_BYTES:
            raise ChangeRefused("too-large", place)


def _uuid(text: str) -> str:
    if not _UUID.fullmatch(text):
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


def _name(text: str) -> str:
    if not _CONTRACT.fullmatch(text):
        raise PydanticCustomError("bad-format", "not the form of a contract's id")
    return text


def _item(text: str) -> str:
    if text not in _ITEMS:
        raise PydanticCustomError("unknown-item", "not an item of the law")
    return text


_Id = Annotated[StrictStr, AfterValidator(_uuid)]
_Name = Annotated[StrictStr, AfterValidator(_name)]
_Item = Annotated[StrictStr, AfterValidator(_item)]
_ITEMS = {*Record.__annotations__} - {"protected"}


@with_config(STRICT)
class _TransferWire(TypedDict):
    order: _Id
    items: Annotated[list[_Item], Field(min_length=1, max_length=len(_ITEMS))]


@with_config(STRICT)
class _Wire(TypedDict):
    id: _Id
    resident: _Id
    version: Annotated[StrictInt, AfterValidator(_version)]
    kind: Annotated[StrictStr, AfterValidator(_kind)]
    effective_on: Date
    notified_on: NotRequired[Date | None]
    recorded_at: Annotated[StrictStr, AfterValidator(_time)]
    before: Record | None
    after: Record | None
    cancels: NotRequired[_Id | None]
    to: NotRequired[Annotated[list[_Name], Field(min_length=1, max_length=100)] | None]
    transfer: NotRequired[_TransferWire | None]


_WIRE: TypeAdapter[_Wire] = TypeAdapter(_Wire)
_RECORDS = ("before", "after")
_NAMES = {*_Wire.__annotations__, *_TransferWire.__annotations__, *Record.__annotations__}
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
