"""Whether a record belongs where it lies: pure, before anything is stored.

In this order: a value at all, a size that can be ours, a token (anything else is not kept: it might be plaintext),
our algorithms and members, meant for this contract and lying in its place beside its record key, our constant headers,
a record key. A header is a claim until the token has opened: only then do its id and its number count. Then the
sequence: it counts up by one per contract and partition. A higher number is a gap (recorded, and the token taken);
a lower one is refused. A disclosure that was received before is a repeat, whatever its number, and is dropped; other
bytes under the same id and the same number are none: one of the two is forged, so both are kept.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from hub.bus import Incoming
from hub.envelope import DISCLOSURE
from hub.errors import TokenRefused
from hub.pseudonym import SIZE
from hub.seal import Place, check_place, header

LARGEST = 131_072
"""Largest token, in bytes: twice what a Change of the largest size comes to when it is sealed."""

NOT_KEPT = frozenset({"not-a-token", "bad-header", "too-large"})
"""Codes of values that are not stored, because nothing says that they are sealed."""

CODES = (
    "null-value", "too-large", "not-a-token", "bad-header", "bad-algorithm", "foreign-token", "moved-token",
    "foreign-record-key", "foreign-headers", "no-record-key", "sequence-not-rising", "sequence-taken",
)  # fmt: skip
"""Every code that a record can be refused with here; what does not open has one of `opening.CODES`."""

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHAPE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record on its way into the inbox. `seq` is None where it does not count; `code` is empty where all is well.

    `published_ms`: the record's own timestamp, milliseconds since 1970. `head`: what the header claims, of a token that
    belongs where it lies.
    """

    id: UUID
    subject: bytes | None
    partition: int
    offset: int
    seq: int | None
    token: bytes | None
    code: str = ""
    published_ms: int | None = None
    head: dict[str, Any] | None = field(default=None, repr=False, compare=False)

    @property
    def is_good(self) -> bool:
        return not self.code


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a disclosure that came before. `digest`: SHA-256 of its token; None once it is settled."""

    seq: int | None
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole in the sequence of a partition."""

    partition: int
    expected: int
    found: int


@dataclass(slots=True)
class Sorted:
    """What a poll comes to. `last`: partition -> last seq, after it."""

    kept: list[Arrival]
    gaps: list[Gap]
    last: dict[int, int]
    repeats: int = 0


def place_id(contract: str, partition: int, offset: int) -> UUID:
    """The id of a record whose own claim to an id is not believed."""
    return uuid5(NAMESPACE_URL, f"urn:juki-hub:inbox:{contract}:{partition}:{offset}")


def judge(record: Incoming, contract: str) -> Arrival:
    """`record` as it may be kept: under its own id where it belongs here, under its place's with a code otherwise."""
    token = record.value
    key = record.key if record.key is not None and len(record.key) == SIZE else None
    try:
        read = _header(record, contract)
    except TokenRefused as refused:
        kept = None if refused.code in NOT_KEPT else token
        return Arrival(
            place_id(contract, record.partition, record.offset), key, record.partition, record.offset, None, kept,
            refused.code, record.timestamp_ms,
        )  # fmt: skip
    arrival = Arrival(
        UUID(read["jti"]), key, record.partition, record.offset, read["seq"], token,
        published_ms=record.timestamp_ms, head=read,
    )  # fmt: skip
    return arrival if record.headers == DISCLOSURE else refused_as(arrival, contract, "foreign-headers")


def candidate(record: Incoming) -> bytes:
    """The token of a record that has all that `judge` asks for but what the token alone can say; else nothing."""
    whole = record.headers == DISCLOSURE and len(record.key or b"") == SIZE and len(record.value or b"") <= LARGEST
    return record.value or b"" if whole else b""


def plain(record: Incoming, seq: int, id_: UUID) -> Arrival:
    """A candidate whose token has opened where it lies, with this number and this id."""
    return Arrival(id_, record.key, record.partition, record.offset, seq, record.value,
                   published_ms=record.timestamp_ms)  # fmt: skip


def refused_as(arrival: Arrival, contract: str, code: str) -> Arrival:
    """The same record, refused with `code`, under the id of its place."""
    return replace(arrival, id=place_id(contract, arrival.partition, arrival.offset), code=code)


def unproven(arrival: Arrival, contract: str, code: str) -> Arrival:
    """A token that did not open: neither its id nor its number is believed. A code that it has already stays."""
    return replace(refused_as(arrival, contract, arrival.code or code), seq=None)


def sort(arrivals: list[Arrival], known: Mapping[UUID, Seen], last: Mapping[int, int], contract: str) -> Sorted:
    """Drop repeats, find gaps, refuse what steps back. `known`: what the inbox holds already, by id."""
    found = Sorted([], [], dict(last))
    seen = dict(known)
    for arrival in arrivals:
        _enter(arrival, seen, found, contract)
    return found


def _enter(arrival: Arrival, seen: dict[UUID, Seen], found: Sorted, contract: str) -> None:
    before = found.last[arrival.partition]
    if arrival.seq is None:
        found.kept.append(arrival)
        return
    if arrival.seq > before + 1:
        found.gaps.append(Gap(arrival.partition, before + 1, arrival.seq))
    found.last[arrival.partition] = max(before, arrival.seq)
    if arrival.id in seen:
        _come_again(arrival, seen[arrival.id], found, contract)
    elif arrival.seq <= before and arrival.is_good:
        found.kept.append(refused_as(arrival, contract, "sequence-not-rising"))
    else:
        seen[arrival.id] = Seen(arrival.seq, _digest(arrival))
        found.kept.append(arrival)


def _come_again(arrival: Arrival, before: Seen, found: Sorted, contract: str) -> None:
    if before.seq == arrival.seq and before.digest not in (None, _digest(arrival)):
        found.kept.append(refused_as(arrival, contract, "sequence-taken"))
    else:
        found.repeats += 1


def _digest(arrival: Arrival) -> bytes:
    return hashlib.sha256(arrival.token or b"").digest()


def _header(record: Incoming, contract: str) -> dict[str, Any]:
    if record.value is None:
        raise TokenRefused("null-value")
    if len(record.value) > LARGEST:
        raise TokenRefused("too-large")
    read = header(record.value)
    if record.value.count(b".") != 4 or record.value.translate(None, _SHAPE):
        raise TokenRefused("not-a-token")
    if record.key is None or len(record.key) != SIZE:
        raise TokenRefused("no-record-key")
    check_place(read, Place(contract, record.topic, record.partition), record.key)
    if read["seq"] < 1 or not _UUID.fullmatch(read["jti"]):
        raise TokenRefused("bad-header")
    return read
