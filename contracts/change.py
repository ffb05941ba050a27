"""A Change (異動): one resident, the full record before and after. `parse` is the door.

Who is quicker at what is plain (contracts/written.py) makes the same of it, and leaves the rest to this door.

In order: strict JSON, the form of every field, the fit of kind and shape (記載 has no `before`, 消除 no `after`; only a
first load is addressed `to` contracts, and so addressed it may tell again that somebody left or was removed, in the
shape of that, or be a `transfer` to the one that it names), the size of each record. Whoever holds a Change may rely
on all of it. Beyond this door only closed codes travel: of an offending value neither the content nor the name of an
unknown field is told.
"""

import json
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from datetime import date, datetime, timedelta, timezone
from itertools import compress
from operator import ne
from typing import Any
from uuid import UUID

from contracts.door import read_json
from contracts.errors import ChangeRefused
from contracts.identifiers import JuminhyoCheck
from contracts.kinds import CORRECTION, ENTRY, REMOVAL, SNAPSHOT, kinds
from contracts.plain import plain
from contracts.wire import Read, Wire, valid

JAPAN = timezone(timedelta(hours=9), "JST")
MAX_RECORD_BYTES = 30_000
"""Largest record, in bytes of compact JSON: the token of a disclosure that holds all of it stays below 64 KiB."""

_SHAPES = {ENTRY: (False, True), CORRECTION: (True, True), REMOVAL: (True, False)}
"""Whether there is a record before, and one after."""


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
    found = plain(line, juminhyo_check) if len(line) <= MAX_RECORD_BYTES else None
    return _change(*(found or _strictly(line, juminhyo_check)))


def _strictly(line: bytes, juminhyo_check: JuminhyoCheck | None) -> Read:
    wire = valid(read_json(line), juminhyo_check)
    if isinstance(wire, ChangeRefused):
        raise wire  # outside the handler: a refusal that had the library's error as its context would carry the values
    _check_size(line, wire)
    return Read(wire, UUID(wire["resident"]), datetime.fromisoformat(wire["recorded_at"]))


def _altered(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[str]:
    if not before:
        return frozenset(name for name, value in after.items() if value is not None)
    if [*before] == [*after]:  # the same items in the same order, as most have them
        return frozenset(compress(before, map(ne, before.values(), after.values())))
    return frozenset(name for name in {*before, *after} if before.get(name) != after.get(name))


def _change(wire: Wire, resident: UUID, recorded_at: datetime) -> Change:
    before, after, to = wire["before"], wire["after"], wire.get("to")
    return Change(
        id=wire["id"], resident=resident, version=wire["version"], kind=wire["kind"],
        action=action_of(wire["kind"], (before is not None, after is not None), to is not None),
        effective_on=wire["effective_on"], notified_on=wire.get("notified_on"), recorded_at=recorded_at,
        before=before, after=after, cancels=wire.get("cancels"), to=None if to is None else frozenset(to),
        transfer=_transfer(wire),
    )  # fmt: skip


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


def _transfer(wire: Wire) -> Transfer | None:
    """An order is for one contract, and extracts somebody as they stand: nobody is told by it that somebody is gone."""
    if (said := wire.get("transfer")) is None:
        return None
    if len(wire.get("to") or ()) != 1 or wire["before"] is not None or wire["after"] is None:
        raise ChangeRefused("shape-mismatch", "transfer")
    return Transfer(str(UUID(said["order"])), frozenset(said["items"]))


def _check_size(line: bytes, wire: Wire) -> None:
    if len(line) <= MAX_RECORD_BYTES:
        return
    for place, record in (("before", wire["before"]), ("after", wire["after"])):
        if len(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()) > MAX_RECORD_BYTES:
            raise ChangeRefused("too-large", place)
