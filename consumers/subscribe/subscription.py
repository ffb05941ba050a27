"""A subscriber's feed: followed from where it stands, asked once more for what was, and moved by persons alone.

`follow` applies each disclosure once, in one transaction with the offset, and says what happened when that has been
committed. What a record stops (refused, or `apply` raised) ends the call at exactly that record: what came before it
is applied, nothing behind it is, and the next call tries it again. `events` and `resend` read with a reader of their
own and apply nothing; `apply_once` does.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from consumers.subscribe.errors import AtRecord, FellBehind, RecordRefused, SubscriptionError
from consumers.subscribe.events import Applied, Disclosure, Event, Gap, KeysWanted, Place, Repeated, Told
from consumers.subscribe.feed import Access, Feed, feed
from consumers.subscribe.order import sort
from consumers.subscribe.own import Apply, Mark, Overtaken, Own, Pool
from consumers.subscribe.reread import Range, answer, counted, read, start_of
from consumers.subscribe.token import Keyring, Opened, Record, Refusal, opened

MOST = 500
"""Records of one transaction, at most."""

ASK_AGAIN_SECONDS = 30.0
"""Until a partition whose key is missing looks for it again."""

Since = datetime | Mapping[int, int] | None
"""From a time, from an offset in each partition that is named, or from the first record that is still there."""


class Subscription:
    """One contract's feed; made by `subscription`."""

    def __init__(self, access: Access, keys: Keyring, live: Feed, own: Own) -> None:
        self._access, self._keys, self._feed, self._own = access, keys, live, own
        self._marks: dict[int, Mark] | None = None
        self._stopped_at: Place | None = None

    async def follow(self, apply: Apply, timeout_ms: int = 1000) -> AsyncIterator[Event]:
        """What happens, as it happens, without an end."""
        while True:
            for event in await self.once(apply, timeout_ms):
                yield event

    async def once(self, apply: Apply, timeout_ms: int = 1000) -> list[Event]:
        """At most one transaction; what happened in it. Empty after `timeout_ms`, or where another process was first.

        Nothing is lost by an error: the next call looks where the database says it stands, and begins there.
        """
        marks, self._marks = self._marks, None
        try:
            marks = marks if marks is not None else await self._resumed()
            found = await self._feed.batch(timeout_ms, MOST)
            events = await self._take(*found, marks, apply) if found is not None else []
        except (Overtaken, FellBehind):
            return []
        except AtRecord as stopped:
            self._stopped_at = stopped.at
            raise
        self._marks = marks
        return events

    async def pass_over(self, at: Place) -> None:
        """Leave out, for good, the record that the last call was stopped at: a person's decision.

        Its number counts as missing, so the next record of the partition tells a Gap.
        """
        mark = (await self._own.marks(self._feed.partitions))[at.partition]
        if at != self._stopped_at or (mark.next_offset or 0) > at.offset:
            raise SubscriptionError("not-stopped-there", str(at))
        await self._own.pass_over(at, mark)
        self._marks = self._stopped_at = None

    async def events(self, since: Since = None) -> AsyncIterator[Told]:
        """Everything since then once more, to what is now the end; numbers that are missing in between as a Gap."""
        async with feed(self._access) as again:
            starts = await _starts(again, since)
            bounds = await _bounds(again, starts)
            ranges = {part: Range(max(start, bounds[part][0]), bounds[part][1]) for part, start in starts.items()}
            async for each in counted(self._opened(record) async for record in read(again, ranges)):
                yield each

    async def resend(self, partition: int, from_seq: int, to_seq: int) -> AsyncIterator[Told]:
        """These numbers once more, both included: each as a Disclosure, or as what has become of it.

        Erased where its key was destroyed, Expired where retention has taken it; a Gap is not on the topic at all, and
        the hub has to be asked.
        """
        async with feed(self._access) as again:
            begin, end = (await _bounds(again, [partition]))[partition]
            start = await start_of(again, partition, from_seq, Range(begin, end))
            records = read(again, {partition: Range(start, end)})
            async for each in answer((self._opened(record) async for record in records), partition, from_seq, to_seq,
                                     cut=start == begin and begin > 0):  # fmt: skip
                yield each

    async def apply_once(self, told: Disclosure, apply: Apply) -> Applied | Repeated:
        """Apply what was read once more, unless the resident has this version already, or a later one."""
        return await self._own.apply_once(told, apply)

    async def gaps(self) -> list[Gap]:
        """Every gap that was ever told and is not closed, also those of before a crash."""
        return await self._own.gaps()

    async def close_gap(self, gap: Gap) -> None:
        """Forget a gap: it was filled, or somebody has answered for it."""
        await self._own.close_gap(gap)

    async def _resumed(self) -> dict[int, Mark]:
        marks = await self._own.marks(self._feed.partitions)
        bounds = await self._feed.bounds()
        for part, (_, end) in bounds.items():
            if (marks[part].next_offset or 0) > end:
                raise SubscriptionError("topic-was-replaced", f"partition {part}")
        self._feed.seek({part: max(marks[part].next_offset or 0, begin) for part, (begin, _) in bounds.items()})
        return marks

    async def _take(self, part: int, records: Sequence[Record], marks: dict[int, Mark], apply: Apply) -> list[Event]:
        batch = sort(self._all_opened(records), marks[part].last_seq)
        if batch.next_offset is None:
            return self._stopped(batch.stop)
        if batch.stop is not None:
            self._feed.again(batch.stop.at)
        try:
            events = await self._own.take(part, marks[part], batch, apply)
        except AtRecord as stopped:
            before = [record for record in records if record.at.offset < stopped.at.offset]
            if not before:
                raise
            events = await self._take(part, before, marks, apply)
            self._feed.again(stopped.at)
            return events
        marks[part] = Mark(batch.next_offset, batch.last_seq)
        await self._feed.commit(part, batch.next_offset)
        return events

    def _all_opened(self, records: Iterable[Record]) -> Iterable[Opened]:
        return (opened(record, self._access.contract, self._keys) for record in records)

    def _stopped(self, stop: Refusal | KeysWanted | None) -> list[Event]:
        if isinstance(stop, Refusal):
            raise RecordRefused(stop.code, stop.at)
        if stop is None:
            return []
        self._feed.again(stop.at, ASK_AGAIN_SECONDS)
        return [stop]

    def _opened(self, record: Record) -> Told:
        each = opened(record, self._access.contract, self._keys)
        if isinstance(each, Refusal):
            raise RecordRefused(each.code, each.at)
        return each


async def _starts(again: Feed, since: Since) -> dict[int, int]:
    if isinstance(since, datetime):
        if since.tzinfo is None:
            raise SubscriptionError("time-without-zone", "since")
        return await again.at(int(since.timestamp() * 1000))
    return dict.fromkeys(again.partitions, 0) if since is None else dict(since)


async def _bounds(again: Feed, partitions: Iterable[int]) -> dict[int, tuple[int, int]]:
    if unknown := set(partitions) - set(again.partitions):
        raise SubscriptionError("no-such-partition", f"partition {min(unknown)}")
    return await again.bounds()


@asynccontextmanager
async def subscription(access: Access, keys: Keyring, pool: Pool) -> AsyncIterator[Subscription]:
    """The feed of `access`, read as far as the tables behind `pool` say; leaves the broker on leaving the block."""
    async with feed(access, access.group) as live:
        own = Own(pool, access.topic)
        await own.marks(live.partitions)  # what it keeps there is there, or whoever starts it is told at once
        yield Subscription(access, keys, live, own)
