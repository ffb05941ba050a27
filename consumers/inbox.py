"""The inbox: sealed tokens from the topic of one contract into PostgreSQL, together with its own offset.

The offset lives in the same transaction as the tokens and moves by compare-and-set. Whoever finds it moved is a zombie:
it rolls back, reads the offset again and seeks there; Kafka's own offsets are never asked. What does not belong where
it lies is kept as a dead letter with a closed code; repeats are dropped and counted; gaps are recorded, counted and
alarmed. Every token is opened once before anything in its header counts, many in one call, and is kept sealed. What is
not plainly right is looked at alone, and there it is said what is wrong. One whose key was destroyed is erased: settled
as it arrives and not kept; its number counts where the ledger names that very token.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from consumers.arrival import Arrival, Gap, Seen, Sorted, candidate, judge, plain, sort, unproven
from consumers.disclosure import Disclosure
from consumers.opening import Opener, Plain
from consumers.settle import tell_erased
from hub import log, metrics
from hub.bus import Incoming, Reader
from hub.database import Connection, Database, queries
from hub.errors import DatabaseError, JukiError
from hub.keys import DESTROYED
from hub.outcome import Deferred, Refused
from hub.standing import protecting

MAX_RECORDS = 2000

A_CROWD = 1000
"""When so many have come in, and twice as many each time after, the database is told to look how many there are: what
it has planned for an empty inbox walks over the whole crowd for each one of them, until it looks by itself."""

_SQL = queries(Path(__file__).with_name("inbox.sql"))


class Overtaken(JukiError):
    """Another inbox has moved the offset of a partition that this one reads."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a partition was read: the offset to read next (None: the beginning) and the last sequence number."""

    next_offset: int | None
    last_seq: int


class Inbox:
    """The inbox of one contract on some partitions of its topic."""

    def __init__(  # noqa: PLR0913 - the wiring of one process
        self, database: Database, reader: Reader, opener: Opener, contract: str, partitions: Sequence[int],
        now: Callable[[], datetime], protects: Callable[[Disclosure], bool] = lambda opened: opened.protected is True,
    ) -> None:  # fmt: skip
        self._database = database
        self._opener = opener
        self._reader = reader
        self._contract = contract
        self._partitions = list(partitions)
        self._now = now
        self._protects = protects
        self._marks: dict[int, Mark] = {}
        self._knows_its_place = False
        self._since_counted, self._counted_after = 0, A_CROWD

    async def resume(self) -> None:
        """Read the offsets of the database, and seek there."""
        await self._database.execute(_SQL["prepare_offsets"], self._contract, self._partitions)
        rows = await self._database.fetch(_SQL["offsets"], self._contract, self._partitions)
        self._marks = {row["partition"]: Mark(row["next_offset"], row["last_seq"]) for row in rows}
        await self._reader.seek({part: mark.next_offset for part, mark in self._marks.items()})
        self._knows_its_place = True

    async def once(self, timeout_ms: int = 200, most: int = MAX_RECORDS) -> int:
        """One poll of at most `most` records, one transaction; the number of new rows.

        A zombie takes nothing and reads its place again.
        DatabaseError where the database is not there: call again later, nothing is lost.
        """
        if not self._knows_its_place:
            await self.resume()
        records = await self._reader.poll(min(most, MAX_RECORDS), timeout_ms)
        if not records:
            return 0
        try:
            return await self._take(records)
        except Overtaken as overtaken:
            self._knows_its_place = False
            log.get().warning("inbox-rolled-back", contract=self._contract, code=overtaken.code)
            return 0
        except DatabaseError:
            self._knows_its_place = False
            raise

    async def _take(self, records: Sequence[Incoming]) -> int:
        moved = {record.partition: record.offset + 1 for record in records}
        protections: dict[UUID, int] = {}
        arrivals = await self._arrivals(records, protections)
        async with self._database.transaction() as held:
            found = await self._sorted(held, arrivals)
            await self._move(held, moved, found)
            await self._insert(held, found)
            said = [(each.id, protections[each.id]) for each in found.kept if each.id in protections]
            await protecting(held, self._contract, said)
        self._marks |= {part: Mark(offset, found.last[part]) for part, offset in moved.items()}
        self._tell(found)
        await self._count_a_crowd(len(found.kept))
        return len(found.kept)

    async def _count_a_crowd(self, more: int) -> None:
        self._since_counted += more
        if self._since_counted >= self._counted_after:
            await self._database.execute(_SQL["count_a_crowd"])
            self._since_counted, self._counted_after = 0, self._counted_after * 2

    async def _arrivals(self, records: Sequence[Incoming], protections: dict[UUID, int]) -> list[Arrival]:
        opened = await self._opener.open_all([
            (candidate(record), record.partition, record.key or b"") for record in records
        ])  # fmt: skip
        return [
            self._plain(record, one, protections) if one is not None and one.seq > 0
            else await self._proven(judge(record, self._contract), protections)
            for record, one in zip(records, opened, strict=True)
        ]  # fmt: skip

    def _plain(self, record: Incoming, opened: Plain, protections: dict[UUID, int]) -> Arrival:
        if self._protects(opened.disclosure):
            protections[opened.disclosure.id] = opened.disclosure.version
        return plain(record, opened.seq, opened.disclosure.id)

    async def _proven(self, arrival: Arrival, protections: dict[UUID, int]) -> Arrival:
        """The arrival; one that does not open is a letter under its place's id, and its number does not count.

        What says that somebody is protected is noted in `protections`, with its version.
        """
        if arrival.head is None or arrival.token is None:
            return arrival
        opened = await self._opener.open_read(arrival.token, arrival.head)
        if isinstance(opened, Deferred):
            raise DatabaseError(opened.code)
        destroyed = isinstance(opened, Refused) and opened.code == DESTROYED
        if destroyed and await self._is_in_the_ledger(arrival):
            return replace(arrival, code=arrival.code or DESTROYED)
        if not isinstance(opened, Disclosure):
            return unproven(arrival, self._contract, opened.code)
        if self._protects(opened):
            protections[arrival.id] = opened.version
        return arrival

    async def _is_in_the_ledger(self, arrival: Arrival) -> bool:
        """Whether the archive names this very token in this place: then its number and its id are its own."""
        claimed = (self._contract, arrival.partition, arrival.seq, arrival.id, arrival.token)
        return bool(await self._database.fetchval(_SQL["in_the_ledger"], *claimed))

    async def _sorted(self, held: Connection, arrivals: list[Arrival]) -> Sorted:
        ids = [arrival.id for arrival in arrivals]
        rows = await held.fetch(_SQL["known"], self._contract, ids)
        known = {row["id"]: Seen(row["seq"], row["digest"]) for row in rows}
        return sort(arrivals, known, {part: mark.last_seq for part, mark in self._marks.items()}, self._contract)

    async def _move(self, held: Connection, moved: Mapping[int, int], found: Sorted) -> None:
        for part in sorted(moved):
            touched = await held.execute(
                _SQL["move_offset"], self._contract, part, moved[part], found.last[part], self._marks[part].next_offset
            )
            if touched != 1:
                raise Overtaken("offset-moved", f"partition {part}")

    async def _insert(self, held: Connection, found: Sorted) -> None:
        kept, now = found.kept, self._now()
        await held.execute(
            _SQL["insert_disclosures"], self._contract, [a.id for a in kept], [a.subject for a in kept],
            [a.partition for a in kept], [a.offset for a in kept], [a.seq for a in kept],
            [None if a.code == DESTROYED else a.token for a in kept],
            now, [a.code for a in kept], [a.published_ms for a in kept],
        )  # fmt: skip
        for gap in found.gaps:
            await held.execute(_SQL["insert_gap"], self._contract, gap.partition, gap.expected, gap.found, now)

    def _tell(self, found: Sorted) -> None:
        metrics.RECEIVED.labels(self._contract).inc(len(found.kept))
        metrics.REPEATED.labels(self._contract).inc(found.repeats)
        for gap in found.gaps:
            self._tell_gap(gap)
        for arrival in found.kept:
            if arrival.code == DESTROYED:
                tell_erased(self._contract, arrival.partition)
            elif arrival.code:
                self._tell_refused(arrival)

    def _tell_gap(self, gap: Gap) -> None:
        metrics.SEQ_GAPS.labels(self._contract).inc()
        log.get().error("sequence-gap", contract=self._contract, partition=gap.partition, seq=gap.expected,
                        count=gap.found - gap.expected)  # fmt: skip

    def _tell_refused(self, arrival: Arrival) -> None:
        metrics.TOKENS_REFUSED.labels(self._contract, arrival.code).inc()
        metrics.PLAINTEXT.inc(arrival.code == "not-a-token")
        log.get().error("token-refused", contract=self._contract, partition=arrival.partition, offset=arrival.offset,
                        code=arrival.code)  # fmt: skip
