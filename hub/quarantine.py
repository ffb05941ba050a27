"""Quarantine: Changes that could not be read, sealed as they came, and the later ones of the same resident.

Who is parked is read from the topic itself, so it is as exact as the transaction that wrote it. Letters of one record
key form a line, the unreadable one first; a mark behind them says that they wait no longer (releasing.py). A record
without a usable record key is not quarantined: nobody could say who waits behind it, so its partition stands still.
Two persons may let the partition go on behind that record; then it lies here as well, and nobody waits behind it. Nor
does anybody behind a Change whose key was destroyed: it lies here as evidence, and is erased. In a line that waits for
another reason, such a Change is left out when the line is let go.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from hub import bus, envelope, log, metrics, topics
from hub.bus import Incoming, Outgoing
from hub.config import Settings
from hub.keys import DESTROYED
from hub.pseudonym import Pseudonyms

WAITS_BEHIND: Final = "waits-behind"
_MARK: Final = b"released"
_PASSED: Final = b"passed-over"
_HELD: Final = b"key-gone"
_SETTLED: Final = b"settled"
_OF_NOBODY: Final = frozenset({_PASSED, DESTROYED.encode()})
_BESIDE: Final = frozenset({envelope.CODE_HEADER, envelope.CONTRACT_HEADER})

CODES: Final = (
    WAITS_BEHIND,
    "not-a-token", "bad-header", "bad-algorithm", "foreign-token", "moved-token", "unknown-kid", "altered-token",
    "foreign-record-key", "foreign-headers", DESTROYED,
    "too-large", "byte-order-mark", "bad-encoding", "too-deep", "duplicate-key", "bad-number", "bad-json",
    "unknown-field", "unknown-item", "missing-field", "bad-type", "bad-format", "bad-date", "bad-timestamp",
    "bad-check-digit", "all-same-digits", "control-character", "derived-item", "unknown-kind", "shape-mismatch",
)  # fmt: skip
"""Why a Change may not be readable: every code of the seal and of the Change's door. A test compares them."""


@dataclass(frozen=True, slots=True)
class Line:
    """The letters of one record key that wait, in order; the first is the one that could not be read."""

    partition: int
    key: bytes
    letters: tuple[Incoming, ...]

    @property
    def offsets(self) -> tuple[int, ...]:
        return tuple(one.offset for one in self.letters)

    def as_json(self) -> dict[str, Any]:
        """For machines and people: where, why and since when, and how many wait behind. Nothing of the content."""
        first = self.letters[0]
        since = datetime.fromtimestamp(first.timestamp_ms / 1000, UTC)
        return {
            "partition": self.partition, "offset": first.offset, "code": _code(first).decode(errors="replace"),
            "since": since.isoformat(timespec="seconds"), "behind": len(self.letters) - 1,
        }  # fmt: skip


class Lines:
    """Who waits, by partition and record key, in the order of their first letters; record by record."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[int, bytes], list[Incoming]] = {}

    def add(self, record: Incoming) -> None:
        """The next record of its partition, from the beginning on."""
        place = (record.partition, record.key or b"")
        if held_for(record) is not None:
            return  # holding.py
        if _code(record) == _MARK:
            self._waiting.pop(place, None)
        elif _code(record) not in _OF_NOBODY:
            self._waiting.setdefault(place, []).append(record)

    def now(self) -> list[Line]:
        """Who waits after all of these."""
        return [Line(part, key, tuple(letters)) for (part, key), letters in self._waiting.items()]


def lines(records: Iterable[Incoming]) -> list[Line]:
    """Who waits, by partition and record key, in the order of their first letters. `records`: from the beginning."""
    made = Lines()
    for record in records:
        made.add(record)
    return made.now()


def mark(key: bytes, act: UUID, count: int, now: datetime) -> Outgoing:
    """What is written behind the letters of `key` when `act` has routed `count` of them."""
    value = orjson.dumps({"act": str(act), "count": count})
    headers = (*envelope.CHANGE, (envelope.CODE_HEADER, _MARK))
    return Outgoing(key, value, headers, int(now.timestamp() * 1000))


def marked(records: Iterable[Incoming], act: UUID) -> int | None:
    """How many changes `act` has routed, where its mark is there already."""
    marks = (orjson.loads(record.value or b"{}") for record in records if _code(record) == _MARK)
    return next((found["count"] for found in marks if found["act"] == str(act)), None)


def held(record: Incoming, contract: str) -> Outgoing:
    """The record as it came, for `contract` alone, which cannot be told it now."""
    return Outgoing(record.key, record.value, _of_contract(contract, _HELD), record.timestamp_ms)


def settled(contract: str, upto: int, now: datetime) -> Outgoing:
    """What is written behind the held letters of `contract` when it has been told those up to the offset `upto`."""
    return Outgoing(None, orjson.dumps(upto), _of_contract(contract, _SETTLED), int(now.timestamp() * 1000))


def held_for(record: Incoming) -> str | None:
    """The contract that a letter, or the mark behind it, is held for; None where it is about a resident."""
    contract = dict(record.headers).get(envelope.CONTRACT_HEADER)
    return None if contract is None else contract.decode(errors="replace")


def unsettled(records: Iterable[Incoming]) -> dict[tuple[int, str], list[Incoming]]:
    """By partition and contract what is held and not told yet, in order. `records`: from the beginning."""
    waiting: dict[tuple[int, str], list[Incoming]] = {}
    for record in records:
        if (contract := held_for(record)) is None:
            continue
        letters = waiting.setdefault((record.partition, contract), [])
        if _code(record) == _SETTLED:
            upto = orjson.loads(record.value or b"0")
            letters[:] = [one for one in letters if one.offset > upto]
        else:
            letters.append(record)
    return {place: letters for place, letters in waiting.items() if letters}


def _of_contract(contract: str, code: bytes) -> envelope.Headers:
    return (*envelope.CHANGE, (envelope.CODE_HEADER, code), (envelope.CONTRACT_HEADER, contract.encode()))


def passed(record: Incoming, act: UUID) -> Outgoing:
    """The record as it came, of nobody, for `act` has let its partition go on behind it."""
    headers = (*envelope.CHANGE, (envelope.CODE_HEADER, _PASSED), (envelope.ACT_HEADER, str(act).encode()))
    return Outgoing(record.key, record.value, headers, record.timestamp_ms)


def was_passed(records: Iterable[Incoming], act: UUID) -> bool:
    """Whether the record that `act` lets be passed lies here already."""
    return any(dict(record.headers).get(envelope.ACT_HEADER) == str(act).encode() for record in records)


def as_it_came(record: Incoming, topic: str) -> Incoming:
    """A letter as the record of `topic` that it was, without the code beside it."""
    headers = tuple(each for each in record.headers if each[0] not in _BESIDE)
    return record._replace(topic=topic, headers=headers)


def _code(record: Incoming) -> bytes:
    return dict(record.headers).get(envelope.CODE_HEADER, b"")


def letter(record: Incoming, code: str) -> Outgoing:
    """The record as it came, with a closed code beside it."""
    headers = (*envelope.CHANGE, (envelope.CODE_HEADER, code.encode()))
    return Outgoing(record.key, record.value, headers, record.timestamp_ms)


def alarm(record: Incoming, code: str) -> None:
    """Say that a record is in quarantine; after the transaction that put it there."""
    metrics.QUARANTINED.labels(code).inc()
    log.get().error("change-quarantined", code=code, partition=record.partition, offset=record.offset)


def alarm_stopped(record: Incoming) -> None:
    """Say that a partition stands still until persons act."""
    log.get().error("partition-stopped", code="no-usable-key", partition=record.partition, offset=record.offset)


async def records(settings: Settings, principal: str, partitions: Sequence[int]) -> list[Incoming]:
    """Everything that lies there now, from the beginning."""
    async with bus.reader(settings, principal, topics.quarantine(settings.prefix), partitions) as reader:
        return await reader.read_to_end()


def parked(found: Iterable[Incoming], residents: Pseudonyms) -> set[UUID]:
    """Every resident with a letter that waits. `found`: from the beginning."""
    return {resident for line in lines(found) if (resident := residents.resident(line.key)) is not None}


def held_contracts(found: Iterable[Incoming]) -> dict[int, set[str]]:
    """By partition every contract for which something is held. `found`: from the beginning."""
    contracts: dict[int, set[str]] = {}
    for part, contract in unsettled(found):
        contracts.setdefault(part, set()).add(contract)
    return contracts


def show_held(contracts: Iterable[str], held: Mapping[int, Iterable[str]]) -> None:
    """Let the metrics say which contracts are held: whoever takes a slot over finds them so and alarms nobody anew."""
    now = {contract for each in held.values() for contract in each}
    for contract in {*contracts, *now}:
        metrics.CONTRACTS_HELD.labels(contract).set(contract in now)


def alarm_held(partition: int, contract: str) -> None:
    """Say that a contract is told nothing more until its key is back; what it would be told is kept."""
    metrics.CONTRACTS_HELD.labels(contract).set(1)
    log.get().error("contract-held", code=_HELD.decode(), contract=contract, partition=partition)
