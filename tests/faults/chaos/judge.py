"""What is due against what has arrived, and the losses that come of it. Pure; ids and places only, never a value.

lost       due, and not there                        foreign   there, and not due: somebody was told what is not theirs
altered    other content than was due                twice     an effect, or a telling, more often than it may be
disorder   an earlier version after a later one, or in another partition than the resident's
gap        a hole in a sequence                      dead      a dead letter, a refusal or a quarantined change is left

What the relay has published twice may be told twice on a topic, under the same id and with a seq of its own; a
counterpart has the effect once, whatever happens.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

LOSSES = ("lost", "foreign", "altered", "twice", "disorder", "gap", "dead")
Kind = Literal["lost", "foreign", "altered", "twice", "disorder", "gap", "dead"]


@dataclass(frozen=True, slots=True)
class Due:
    """One disclosure that must be there. `messages`: what its counterpart may be sent; empty where it has no way.

    `may_be_overtaken`: a protection has begun behind it, so it may end superseded instead of being handed over.
    """

    id: str
    contract: str
    change: str
    resident: UUID
    version: int
    state: str
    items: Mapping[str, Any] = field(repr=False)
    protected: bool | None = None
    messages: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    may_be_overtaken: bool = False

    @property
    def content(self) -> tuple[Any, ...]:
        return self.resident, self.version, self.state, self.items, self.protected


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a topic of disclosures, opened; `content` is None where it did not open."""

    contract: str
    partition: int
    offset: int
    seq: int
    id: str
    content: tuple[Any, ...] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger, as it is archived."""

    partition: int
    offset: int
    change: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says that one contract was told."""

    contract: str
    partition: int
    seq: int
    id: str
    change: str
    state: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a counterpart remembers, in its own order."""

    id: str
    subject: str
    version: int
    message: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """What lies in our inbox for somebody who fetches it, in the order of arrival."""

    partition: int
    seq: int
    id: str
    state: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was found at the end. `published`: change -> how often it is on the topic of changes."""

    partitions: int
    published: Counter[str]
    ledger: Sequence[Line]
    ledger_topic: frozenset[tuple[int, int]]
    entries: Sequence[Entry]
    records: Sequence[Record]
    effects: Mapping[str, Sequence[Effect]]
    superseded: frozenset[tuple[str, str]] = frozenset()
    dead: Mapping[str, int] = field(default_factory=dict)
    inbox_gaps: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, Sequence[Kept]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that is not as it must be: where, and which id or place."""

    kind: Kind
    where: str
    what: str


def judge(minted: Iterable[str], due: Iterable[Due], found: Evidence) -> list[Loss]:
    """Every loss; empty where everything has arrived, once, whole, in order, and nothing else has."""
    wanted = {(one.contract, one.id): one for one in due}
    losses = [*_changes({*minted}, found), *_ledger(wanted, found), *_records(wanted, found), *_sequences(found)]
    for contract in found.effects:
        losses += _effects(contract, wanted, found)
    for contract in found.kept:
        losses += _inbox(contract, wanted, found.kept[contract])
    losses += [Loss("dead", where, "") for where, count in found.dead.items() for _ in range(count)]
    return losses + [Loss("gap", f"inbox {name}", "") for name, count in found.inbox_gaps.items() for _ in range(count)]


def _changes(minted: set[str], found: Evidence) -> Iterator[Loss]:
    """Each change is published, and routed exactly as often as it was published, with one content."""
    lines = Counter(line.change for line in found.ledger)
    digests = _grouped((line.change, line.digest) for line in found.ledger)
    yield from _compared("changes", minted, found.published)
    yield from _compared("ledger", minted, lines)
    for change in minted & lines.keys():
        if len(set(digests[change])) > 1:
            yield Loss("altered", "ledger", change)
        if lines[change] > found.published[change]:
            yield Loss("twice", "ledger", change)
        if lines[change] < found.published[change]:
            yield Loss("lost", "ledger", change)


def _ledger(wanted: Mapping[tuple[str, str], Due], found: Evidence) -> Iterator[Loss]:
    """The archive has every line of its topic, and names for each change exactly who is due, with the items told."""
    yield from _compared("archive", found.ledger_topic, {(line.partition, line.offset) for line in found.ledger})
    yield from _compared("told", wanted, {(entry.contract, entry.id) for entry in found.entries})
    for entry in found.entries:
        one = wanted.get((entry.contract, entry.id))
        said = (entry.change, entry.state, {*entry.items})
        if one is not None and said != (one.change, one.state, {*one.items}):
            yield Loss("altered", f"told {entry.contract}", entry.id)


def _records(wanted: Mapping[tuple[str, str], Due], found: Evidence) -> Iterator[Loss]:
    """Topics hold what is due and nothing else, whole and in order, and exactly what the ledger says."""
    for contract, records in _grouped((record.contract, record) for record in found.records).items():
        yield from _whole(f"topic {contract}", wanted, records, found.partitions)
    there = {(record.contract, record.id) for record in found.records}
    for contract, disclosure in sorted(wanted.keys() - there):
        yield Loss("lost", f"topic {contract}", disclosure)
    yield from _compared(
        "balance", {(entry.contract, entry.partition, entry.seq, entry.id) for entry in found.entries},
        {(record.contract, record.partition, record.seq, record.id) for record in found.records},
    )  # fmt: skip


def _whole(
    where: str, wanted: Mapping[tuple[str, str], Due], records: Sequence[Record], partitions: int
) -> Iterator[Loss]:
    told, seen = dict[UUID, int](), set[str]()
    for record in sorted(records, key=lambda record: (record.partition, record.offset)):
        one = wanted.get((record.contract, record.id))
        if one is None:
            yield Loss("foreign", where, record.id)
            continue
        if record.content != one.content:
            yield Loss("altered", where, record.id)
        if record.partition != one.resident.int % partitions:
            yield Loss("disorder", where, record.id)
        if record.id not in seen and one.version <= told.get(one.resident, 0):
            yield Loss("disorder", where, record.id)
        told[one.resident] = max(one.version, told.get(one.resident, 0))
        seen.add(record.id)


def _sequences(found: Evidence) -> Iterator[Loss]:
    """`seq` is 1, 2, 3 … per contract and partition, in the order of the offsets."""
    records = sorted(found.records, key=lambda record: record.offset)
    for (contract, part), seqs in _grouped(((one.contract, one.partition), one.seq) for one in records).items():
        for place, seq in enumerate(seqs, 1):
            if seq != place:
                yield Loss("gap", f"topic {contract}[{part}]", f"{place}")
                break


def _effects(contract: str, wanted: Mapping[tuple[str, str], Due], found: Evidence) -> Iterator[Loss]:
    """A counterpart has been told everything that is due, each once, and of one subject in the order of versions."""
    where, effects = f"counterpart {contract}", found.effects[contract]
    due = {one.id: one for one in wanted.values() if one.contract == contract}
    excused = {one.id for one in due.values() if one.may_be_overtaken and (contract, one.id) in found.superseded}
    had = Counter(effect.id for effect in effects)
    yield from _compared(where, due.keys() - (excused - had.keys()), had)
    yield from (Loss("twice", where, one) for one, times in had.items() if times > 1)
    last: dict[str, int] = {}
    for effect in effects:
        if effect.version <= last.get(effect.subject, 0) and had[effect.id] == 1:
            yield Loss("disorder", where, effect.id)
        last[effect.subject] = max(effect.version, last.get(effect.subject, 0))
        if effect.id in due and effect.message not in due[effect.id].messages:
            yield Loss("altered", where, effect.id)


def _inbox(contract: str, wanted: Mapping[tuple[str, str], Due], kept: Sequence[Kept]) -> Iterator[Loss]:
    """What is fetched from us, or put into files, is kept: all that is due, each once, in the order of its topic."""
    where, due = f"inbox {contract}", {one.id: one for one in wanted.values() if one.contract == contract}
    yield from _compared(where, due, (one.id for one in kept))
    yield from (Loss("twice", where, one) for one, times in Counter(one.id for one in kept).items() if times > 1)
    overtaken = {one.id for one in kept if one.state == "superseded"}
    yield from (Loss("lost", where, one) for one in sorted(overtaken) if one in due and not due[one].may_be_overtaken)
    for part, seqs in _grouped((one.partition, one.seq) for one in kept).items():
        if seqs != sorted(seqs):
            yield Loss("disorder", where, f"{part}")


def _compared(where: str, due: Iterable[Hashable], there: Iterable[Hashable]) -> Iterator[Loss]:
    wanted, has = {*due}, {*there}
    yield from (Loss("lost", where, f"{one}") for one in sorted(wanted - has, key=str))
    yield from (Loss("foreign", where, f"{one}") for one in sorted(has - wanted, key=str))


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found
