"""The outbox: a Change is recorded in the transaction that changes the register, or not at all.

`record` keeps four promises. A Change enters only through the door of `contracts.change`, and only about a resident
whose UUID is of version 4, because no other can be found again from a record key. Its version rises per resident even
when the clock is set back. Its place in the outbox is drawn behind the resident's lock, so that the order of ids is the
order of versions. Its id is used once: the same id with other content is refused, never overwritten.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from uuid_utils import uuid7

from contracts.change import JAPAN, parse
from hub.database import Connection, queries
from hub.errors import ChangeRefused, JukiError
from hub.pseudonym import can_be_found

CHANNEL = "registry_outbox"
SHARDS = 4
"""A resident's shard is its UUID modulo this number; more shards let more relays work side by side."""

SQL = queries(Path(__file__).with_suffix(".sql"))
_DRAWN = ("version", "recorded_at")
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


@dataclass(frozen=True, slots=True)
class Recorded:
    """A Change as it lies in the outbox: `body` is its JSON, UTF-8."""

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
    written. Raises ChangeRefused for what the door refuses, `bad-format` for a resident that is not a UUID of version
    4, `reused-id` for a known id with other content, and JukiError `unknown-resident`.
    """
    if not all(can_be_found(draft.resident) for draft in drafts):
        raise ChangeRefused("bad-format", "resident")
    await tx.fetch(SQL["lock"], sorted({draft.resident for draft in drafts}))
    before = await _recorded_before(tx, drafts)
    fresh = [draft for draft in drafts if draft.id not in before]
    recorded = await _recorded_now(tx, fresh, now) if fresh else []
    new = iter(recorded)
    return [before[draft.id] if draft.id in before else next(new) for draft in drafts]


async def _recorded_before(tx: Connection, drafts: Sequence[Draft]) -> dict[UUID | None, Recorded]:
    given = {draft.id: draft for draft in drafts if draft.id is not None}
    if not given:
        return {}
    if len(given) != sum(draft.id is not None for draft in drafts):
        raise ChangeRefused("reused-id", "id")
    rows = await tx.fetch(SQL["known"], list(given))
    return {row["change"]: _same(given[row["change"]], row["body"]) for row in rows}


def _same(draft: Draft, body: bytes) -> Recorded:
    known = orjson.loads(body)
    if {**_wire(draft), **{name: known[name] for name in _DRAWN}} != known:
        raise ChangeRefused("reused-id", "id")
    return Recorded(UUID(known["id"]), draft.resident, known["version"], draft.kind, body)


async def _recorded_now(tx: Connection, drafts: Sequence[Draft], now: datetime) -> list[Recorded]:
    versions = await _versions(tx, drafts, now)
    recorded = [_recorded(draft, versions[draft.resident].pop()) for draft in drafts]
    await _keep(tx, recorded)
    await _put(tx, recorded)
    await tx.execute(SQL["wake"])
    return recorded


async def _versions(tx: Connection, drafts: Sequence[Draft], now: datetime) -> dict[UUID, list[int]]:
    counts = Counter(draft.resident for draft in drafts)
    rows = await tx.fetch(SQL["advance"], microseconds(now), list(counts), list(counts.values()))
    if len(rows) != len(counts):
        raise JukiError("unknown-resident", "outbox")
    drawn: dict[UUID, list[int]] = defaultdict(list)
    for row in rows:
        resident = UUID(int=row["resident"].int)
        drawn[resident] = [row["version"] - step for step in range(counts[resident])]
    return drawn


def microseconds(now: datetime) -> int:
    """The time `now` in microseconds since 1970."""
    return int(now.timestamp()) * 1_000_000 + now.microsecond


def _recorded(draft: Draft, version: int) -> Recorded:
    wire = {**_wire(draft), "version": version, "recorded_at": _time_of(version)}
    body = _encoded(wire)
    parse(body)
    return Recorded(UUID(wire["id"]), draft.resident, version, draft.kind, body)


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
    optional = {"cancels": draft.cancels and str(draft.cancels), "to": draft.to and sorted(draft.to)}
    return wire | {name: value for name, value in optional.items() if value is not None}


async def _keep(tx: Connection, recorded: Sequence[Recorded]) -> None:
    columns = zip(*((one.id, one.resident, one.version, one.kind, one.body) for one in recorded), strict=True)
    if await tx.execute(SQL["keep"], *map(list, columns)) != len(recorded):
        raise ChangeRefused("reused-id", "id")  # somebody else used it since `known` looked


async def _put(tx: Connection, recorded: Sequence[Recorded]) -> None:
    rows = ((shard(one.resident), one.resident, one.body) for one in recorded)
    await tx.execute(SQL["put"], *map(list, zip(*rows, strict=True)))
