"""The outbox: a Change is recorded in the transaction that changes the register, or not at all.

`record` keeps five promises. A Change enters only through the door of `contracts.change`, and only about a resident
whose UUID is of version 4, because no other can be found again from a record key. Its version rises per resident even
when the clock is set back. Its place in the outbox is drawn behind the resident's lock, so that the order of ids is the
order of versions. Its id is used once: the same id with other content is refused, never overwritten. And a birthday
whose review is late is told before whatever happens to that resident next: afterwards nobody could tell of it rightly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import orjson
from uuid_utils import uuid7

from contracts.change import JAPAN, parse
from contracts.kinds import REVIEW, SNAPSHOT
from hub.config import settings
from hub.database import Connection, Row, queries
from hub.errors import ChangeRefused, JukiError
from hub.plugged import juminhyo_check
from hub.pseudonym import can_be_found
from producers.ages import DAY, days_of_attaining

SHARDS = 4
"""A resident's shard is its UUID modulo this number; more shards let more relays work side by side."""

SQL = queries(Path(__file__).with_suffix(".sql"))
_BIRTHDAYS = uuid5(NAMESPACE_OID, "juki-hub/population-review")
_DRAWN = ("version", "recorded_at")
_NAMED = (REVIEW, SNAPSHOT)
"""Kinds whose ids say whom they are of, and what for: a birthday once told of stays told of, whatever changed since."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Draft:
    """A Change without what recording gives it: id (unless its source brings one), version, time of recording."""

    resident: UUID
    kind: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    effective_on: Any
    notified_on: Any = None
    cancels: UUID | None = None
    id: UUID | None = None
    to: Sequence[str] | None = None
    """The contracts that a SNAPSHOT is for; None is all of them."""
    transfer: Mapping[str, Any] | None = None
    """The order and the items of a 随時移転, as they go onto the wire."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A Change as it lies in the outbox: `body` is its JSON, UTF-8; empty for a first load that was recorded before."""

    id: UUID
    resident: UUID
    version: int
    kind: str
    body: bytes


def shard(resident: UUID) -> int:
    """Which relay carries the Changes of this resident."""
    return resident.int % SHARDS


async def record(tx: Connection, drafts: Sequence[Draft], now: datetime) -> list[Recorded]:
    """Record `drafts` in the open transaction `tx`, in their order; residents must be on file already.

    A draft whose id is known with the same content is a repeat: its first recording is returned and nothing is
    written. A birthday and a first load are known again by kind and resident alone. Raises ChangeRefused for what the
    door refuses, `bad-format` for a resident that is not a UUID of version 4, `reused-id` for a known id with other
    content, and JukiError `unknown-resident`.
    """
    if not all(can_be_found(draft.resident) for draft in drafts):
        raise ChangeRefused("bad-format", "resident")
    rows = await tx.fetch(SQL["lock"], sorted({draft.resident for draft in drafts}))
    owed = await _owed(tx, drafts, rows[0]["reviewed"], now) if rows else []
    drafts = [*owed, *drafts]
    before = await _recorded_before(tx, drafts)
    fresh = [draft for draft in drafts if draft.id not in before]
    last = {UUID(int=row["resident"].int): row["version"] for row in rows}
    recorded = await _recorded_now(tx, fresh, last, now) if fresh else []
    new = iter(recorded)
    return [before[draft.id] if draft.id in before else next(new) for draft in drafts][len(owed) :]


def birthday(resident: UUID, record: Mapping[str, Any], day: date) -> Draft:
    """年齢到達等 of that day; recorded twice, it is recorded once."""
    return Draft(resident, REVIEW, record, record, day.isoformat(), id=uuid5(_BIRTHDAYS, f"{day}/{resident}"))


async def _owed(tx: Connection, drafts: Sequence[Draft], last: date | None, now: datetime) -> list[Draft]:
    """Birthdays after `last`, which the review has not come to yet, of everybody who is about to change or to go."""
    today = now.astimezone(JAPAN).date()
    if last is None or last >= today:
        return []
    first = {draft.resident: draft for draft in reversed(drafts)}
    due = [
        (resident, draft.before, day)
        for resident, draft in first.items() if draft.before is not None and draft.kind not in (REVIEW, SNAPSHOT)
        for day in days_of_attaining(draft.before.get("birth_date"), last, today)
    ]  # fmt: skip
    settled = await last_changed(tx, [resident for resident, _, _ in due]) if due else {}
    return [birthday(*each) for each in due if settled.get(each[0], 0) < behind(each[2])]


async def last_changed(tx: Connection, residents: Sequence[UUID]) -> dict[UUID, int]:
    """The last version of each who has changed: whoever recorded that told of what was owed, or they came with it."""
    rows = await tx.fetch(SQL["last_changed"], residents)
    return {UUID(int=row["resident"].int): row["version"] for row in rows}


def behind(day: date) -> int:
    """The first version that is no more of this day."""
    return microseconds(datetime.combine(day + DAY, datetime.min.time(), JAPAN))


async def _recorded_before(tx: Connection, drafts: Sequence[Draft]) -> dict[UUID | None, Recorded]:
    given = {draft.id: draft for draft in drafts if draft.id is not None}
    if not given:
        return {}
    if len(given) != sum(draft.id is not None for draft in drafts):
        raise ChangeRefused("reused-id", "id")
    rows = await tx.fetch(SQL["known"], list(given))
    return {row["change"]: _same(given[row["change"]], row) for row in rows}


def _same(draft: Draft, row: Row) -> Recorded:
    if not (_is_named_alike(draft, row) if draft.kind in _NAMED else _is_same(draft, row["body"])):
        raise ChangeRefused("reused-id", "id")
    return Recorded(UUID(int=row["change"].int), draft.resident, row["version"], draft.kind, row["body"] or b"")


def _is_same(draft: Draft, body: bytes | None) -> bool:
    known = orjson.loads(body or b"{}")
    return bool({**_wire(draft), **{name: known.get(name) for name in _DRAWN}} == known)


def _is_named_alike(draft: Draft, row: Row) -> bool:
    return (draft.kind, draft.resident.int) == (row["kind"], row["resident"].int)


async def _recorded_now(
    tx: Connection, drafts: Sequence[Draft], last: dict[UUID, int], now: datetime
) -> list[Recorded]:  # fmt: skip
    if not {draft.resident for draft in drafts} <= last.keys():
        raise JukiError("unknown-resident", "outbox")
    recorded, at = [], microseconds(now)
    for draft in drafts:
        last[draft.resident] = version = max(at, last[draft.resident] + 1)
        recorded.append(_recorded(draft, version))
    await _written(tx, recorded)
    return recorded


def microseconds(now: datetime) -> int:
    """The time `now` in microseconds since 1970."""
    return int(now.timestamp()) * 1_000_000 + now.microsecond


def _recorded(draft: Draft, version: int) -> Recorded:
    own = draft.id or UUID(int=uuid7().int)
    body = encoded(draft if draft.id else replace(draft, id=own), version)
    parse(body, juminhyo_check(settings()))
    return Recorded(own, draft.resident, version, draft.kind, body)


def encoded(draft: Draft, version: int) -> bytes:
    """A Change as JSON; whether its door lets it in is not asked here."""
    return _encoded({**_wire(draft), "version": version, "recorded_at": _time_of(version)})


def _time_of(version: int) -> str:
    """The time of recording is the version's own: where they differed, the difference would tell of other Changes."""
    return (_EPOCH + timedelta(microseconds=version)).astimezone(JAPAN).isoformat(timespec="microseconds")


def _encoded(wire: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(wire)
    except TypeError:  # a lone surrogate, or what JSON has no form for
        raise ChangeRefused("bad-encoding") from None


def _wire(draft: Draft) -> dict[str, Any]:
    wire = {
        "id": str(draft.id or uuid7()), "resident": str(draft.resident), "version": 0, "kind": draft.kind,
        "effective_on": draft.effective_on, "notified_on": draft.notified_on, "recorded_at": "",
        "before": draft.before, "after": draft.after,
    }  # fmt: skip
    optional = {
        "cancels": draft.cancels and str(draft.cancels), "to": draft.to and sorted(draft.to),
        "transfer": draft.transfer,
    }  # fmt: skip
    return wire | {name: value for name, value in optional.items() if value is not None}


async def _written(tx: Connection, recorded: Sequence[Recorded]) -> None:
    rows = ((one.id, one.resident, one.version, one.kind, one.body, shard(one.resident)) for one in recorded)
    if await tx.execute(SQL["record"], *map(list, zip(*rows, strict=True))) != len(recorded):
        raise ChangeRefused("reused-id", "id")  # somebody else used it since `known` looked


async def put(tx: Connection, changes: Sequence[tuple[UUID, bytes]]) -> None:
    """Put Changes of these residents into the outbox, in this order. Whoever calls holds the residents' locks."""
    rows = ((shard(resident), resident, body) for resident, body in changes)
    if changes:
        await tx.execute(SQL["put"], *map(list, zip(*rows, strict=True)))
