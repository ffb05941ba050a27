"""The router: whole polls of juki.changes become disclosures, ledger lines and quarantine in one Kafka transaction.

A slot is some partitions. To take it over: start the producer and fence whoever had them before (which waits for their
open transactions), say in PostgreSQL that they are ours, read the committed positions, seek. Nothing is remembered from
before that. Per poll: read, decide, seal, then commit all batches with the offsets and the sequences; after any failure
the slot is taken over anew. Order per resident follows from the partition: output partition := input partition.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from uuid import UUID

from contracts.book import Book
from hub import bus, metrics, positions, quarantine, topics
from hub.bus import Incoming, Outgoing, Position, Reader, TransactionalWriter
from hub.config import Settings
from hub.intake import Accepted, Intake, Unreadable
from hub.kernel import chosen
from hub.keys import CHANGES, DESTROYED, KeyStore
from hub.owners import Tenure
from hub.pseudonym import Pseudonyms
from hub.telling import TOLD, Tally, Teller, Write
from hub.untold import Holding

PRINCIPAL = "router"
MAX_RECORDS, MAX_OUTPUTS = 1000, 8000
"""Of a poll: read, and about written. What is written is some 2 kB each, and lies in memory until it is committed."""

Clock = Callable[[], datetime]


@dataclass(slots=True)
class Poll:
    """What one poll comes to, before it is committed."""

    letters: dict[tuple[str, int], list[Outgoing]] = field(default_factory=lambda: defaultdict(list))
    accepted: dict[int, list[Accepted]] = field(default_factory=lambda: defaultdict(list))
    next_offsets: dict[int, int] = field(default_factory=dict)
    quarantined: list[tuple[Incoming, str]] = field(default_factory=list)
    held: list[tuple[int, str]] = field(default_factory=list)
    tally: Tally = field(default_factory=Counter)
    trial: Tally = field(default_factory=Counter)


@dataclass(slots=True)
class Router:
    """One slot after its take-over. By partition: the last committed `sequences` per contract, the next `offsets`."""

    prefix: str
    intake: Intake
    teller: Teller
    reader: Reader
    writer: TransactionalWriter
    clock: Clock
    sequences: dict[int, dict[str, int]]
    parked: set[UUID]
    offsets: dict[int, int] = field(default_factory=dict)
    stopped: dict[int, Incoming] = field(default_factory=dict)
    """By partition: the record before which it stands still."""
    held: dict[int, set[str]] = field(default_factory=dict)
    """By partition: the contracts that are told nothing, because their key is gone."""
    untold: frozenset[str] = frozenset()
    """The contracts whose feed persons have stopped (stops.py)."""

    async def once(self, timeout_ms: int = 100) -> int:
        """One poll, one transaction; the number of records that were read."""
        records = await self.reader.poll(self.at_once, timeout_ms)
        with metrics.POLL_SECONDS.time():
            poll = await self._collected(records)
            if poll.next_offsets:
                await self._commit(poll)
        return len(records)

    @property
    def at_once(self) -> int:
        """Records of one poll: the fewer the more contracts hear of each."""
        return min(MAX_RECORDS, MAX_OUTPUTS // max(1, len(self.teller.book.contracts)))

    async def _collected(self, records: Sequence[Incoming]) -> Poll:
        poll, records = Poll(), [record for record in records if record.partition not in self.stopped]
        for record, read in zip(records, await self.intake.read_all(records), strict=True):
            if record.partition not in self.stopped:
                self._take(record, read, poll)
        return poll

    def _take(self, record: Incoming, read: Accepted | Unreadable | None, poll: Poll) -> None:
        if read is None:
            self._stop(record)
            return
        poll.next_offsets[record.partition] = record.offset + 1
        if isinstance(read, Accepted) and read.change.resident not in self.parked:
            poll.accepted[record.partition].append(read)
        else:
            self._park(record, read, poll)

    def _park(self, record: Incoming, read: Accepted | Unreadable, poll: Poll) -> None:
        waits = read.resident in self.parked
        if waits or not _is_erased(read):  # else nobody could ever let them go
            self.parked.add(read.resident)
        code = quarantine.WAITS_BEHIND if waits or isinstance(read, Accepted) else read.code
        place = (topics.quarantine(self.prefix), record.partition)
        poll.letters[place].append(quarantine.letter(record, code))
        poll.quarantined.append((record, code))

    async def release(self, part: int, key: bytes, letters: list[Accepted], mark: Outgoing) -> None:
        """Tell what waited in quarantine under `key` and set `mark` behind it: one transaction between two polls."""
        poll = Poll(next_offsets={part: self.offsets[part]})
        if letters:
            poll.accepted[part] = letters
        poll.letters[topics.quarantine(self.prefix), part].append(mark)
        await self._commit(poll)
        resident = self.intake.resident(key)
        if resident is not None:
            self.parked.discard(resident)
        metrics.PARKED.set(len(self.parked))

    async def pass_over(self, part: int, act: UUID) -> None:
        """Move the record before which a partition stands still into quarantine, and go on behind it.

        Between two polls. It parks nobody, because nobody can say whose it is.
        """
        record = self.stopped[part]
        poll = Poll(next_offsets={part: record.offset + 1})
        poll.letters[topics.quarantine(self.prefix), part].append(quarantine.passed(record, act))
        await self._commit(poll)
        del self.stopped[part]
        await self.reader.go_on(part, record.offset + 1)

    def _stop(self, record: Incoming) -> None:
        self.stopped[record.partition] = record
        self.reader.pause(record.partition)
        quarantine.alarm_stopped(record)

    async def _commit(self, poll: Poll) -> None:
        advanced = {part: dict(self.sequences[part]) for part in poll.next_offsets}
        now = self.clock()
        group, topic = topics.router_group(self.prefix), topics.changes(self.prefix)
        async with self.writer.transaction(group, topic) as transaction:
            if poll.accepted:
                await self._tell(poll, advanced, now, transaction.write)
            await transaction.write(poll.letters)
            await transaction.commit(
                {part: Position(at, positions.encode(advanced[part])) for part, at in poll.next_offsets.items()}
            )
        self.sequences |= advanced
        self.offsets |= poll.next_offsets
        metrics.PARKED.set(len(self.parked))
        for part, contract in poll.held:
            self._hold(part, contract)
        _count(poll, now)

    async def _tell(self, poll: Poll, sequences: dict[int, dict[str, int]], now: datetime, write: Write) -> None:
        holding = Holding(self.held, stopped=self.untold)
        await self.teller.tell(poll.accepted, sequences, now, poll.tally, write, holding)
        for (part, contract), changes in holding.changes.items():
            letters = poll.letters[topics.quarantine(self.prefix), part]
            letters += [quarantine.held(one.record, contract) for one in changes if one.record is not None]
            poll.held.append((part, contract))
        poll.trial.update(self.teller.tried([*chain(*poll.accepted.values())], now))

    def _hold(self, part: int, contract: str) -> None:
        if contract not in self.held.setdefault(part, set()):
            self.held[part].add(contract)
            quarantine.alarm_held(part, contract)

    async def read_again(self, letters: Iterable[Incoming]) -> list[Accepted] | None:
        """What lies in quarantine, read as the records that they were; None where one still cannot be read.

        What was sealed with a key that was destroyed since is left out: it can never be read, so nobody waits for it.
        """
        found = []
        for letter in letters:
            read = await self.intake.read(quarantine.as_it_came(letter, topics.changes(self.prefix)))
            if _is_erased(read):
                continue
            if not isinstance(read, Accepted):
                return None
            found.append(read)
        return found

    async def settle(self, part: int, contract: str, letters: list[Accepted], upto: int) -> bool:
        """Tell one contract what was held for it, up to the offset `upto`; False where its key is still gone."""
        advanced, now, tally = dict(self.sequences[part]), self.clock(), Tally()
        holding = Holding(only=frozenset({contract}), stopped=self.untold)
        batches = await self.teller.all_of(part, letters, advanced, now, tally, holding) if letters else {}
        if holding.changes:
            return False
        batches[topics.quarantine(self.prefix), part] = [quarantine.settled(contract, upto, now)]
        where = {part: Position(self.offsets[part], positions.encode(advanced))}
        await self.writer.commit(batches, topics.router_group(self.prefix), topics.changes(self.prefix), where)
        self.sequences[part] = advanced
        _count(Poll(tally=tally), now)
        return True


def _is_erased(read: Accepted | Unreadable | None) -> bool:
    return isinstance(read, Unreadable) and read.code == DESTROYED


def _count(poll: Poll, now: datetime) -> None:
    """What is counted and alarmed once it is committed: a failed attempt has told nobody anything."""
    metrics.TRANSACTIONS.labels("committed").inc()
    metrics.CHANGES_ROUTED.inc(sum(map(len, poll.accepted.values())))
    at = now.timestamp()
    for accepted in poll.accepted.values():
        metrics.RECORDED_TO_TOLD.observe(at - one.change.version / 1e6 for one in accepted)
    for (contract, outcome), count in poll.tally.items():
        told = outcome == TOLD
        (metrics.DISCLOSURES.labels(contract) if told else metrics.SILENCES.labels(contract, outcome)).inc(count)
    for (contract, outcome), count in poll.trial.items():
        metrics.SHADOW_DECISIONS.labels(contract, outcome).inc(count)
    for record, code in poll.quarantined:
        quarantine.alarm(record, code)


@asynccontextmanager
async def slot(
    settings: Settings, book: Book, keys: KeyStore, tenure: Tenure, clock: Clock
) -> AsyncIterator[Router]:
    """Own the partitions of `tenure` for the length of the block: fence, take, committed positions, seek."""
    changes, stake = topics.changes(settings.prefix), await tenure.survey()
    async with (
        bus.reader(settings, PRINCIPAL, changes, stake.partitions) as reader,
        bus.transactional_writer(settings, PRINCIPAL, stake.transaction) as writer,
    ):
        await bus.fence(settings, PRINCIPAL, stake.fences)
        await tenure.take(stake)
        metrics.PARTITIONS_OWNED.set(len(stake.partitions))
        metrics.PARTITIONS_STOPPED.set(0)
        yield await _router(settings, book, keys, (reader, writer), stake.partitions, clock)


async def _router(  # noqa: PLR0913 - the wiring of one process
    settings: Settings, book: Book, keys: KeyStore, ways: tuple[Reader, TransactionalWriter], partitions: list[int],
    clock: Clock,
) -> Router:  # fmt: skip
    reader, writer = ways
    residents = Pseudonyms(await keys.pseudonym_key(CHANGES))
    found = await _committed(settings, partitions)
    kernel = chosen(settings.kernel)
    metrics.KERNEL.set(kernel.NAME == "native")
    teller = await Teller.of(settings.prefix, book, keys, kernel)
    sequences = {part: _sequences(found.get(part), f"{topics.changes(settings.prefix)}[{part}]") for part in partitions}
    letters = await quarantine.records(settings, PRINCIPAL, partitions)
    parked, held = quarantine.parked(letters, residents), quarantine.held_contracts(letters)
    await reader.seek({part: found[part].offset if part in found else None for part in partitions})
    offsets = {part: position.offset for part, position in found.items()}
    metrics.PARKED.set(len(parked))
    quarantine.show_held(book.contracts, held)
    return Router(
        settings.prefix, Intake(keys, residents, kernel), teller, reader, writer, clock, sequences, parked,
        offsets, held=held,
    )  # fmt: skip


async def _committed(settings: Settings, partitions: Iterable[int]) -> Mapping[int, Position]:
    found = await bus.committed(settings, PRINCIPAL, topics.router_group(settings.prefix))
    topic = topics.changes(settings.prefix)
    return {part: found[topic, part] for part in partitions if (topic, part) in found}


def _sequences(position: Position | None, place: str) -> dict[str, int]:
    return positions.decode(position.metadata, place) if position else {}
