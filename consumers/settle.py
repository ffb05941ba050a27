"""The only module that commits a settlement. "Who waits?" is asked in the same transaction.

A settlement is a compare-and-set on the attempt: of two that settle the same attempt one wins, and the other changes
nothing. What has ended at the same time is settled by one statement, each for itself: one that does not count, or that
the database refuses, holds up none of the others. It is shielded: a cancelled process finishes the settlement it has
begun, because the effect has happened.
Nothing but a receipt makes a disclosure delivered; nothing but a refusal makes it a dead letter. What was read back
beside the receipt is noted for the ledger in the same transaction. One whose key was destroyed is neither: it is
erased, and nobody waits behind it.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from consumers.arrival import place_id
from hub import log, metrics
from hub.database import GONE, Connection, Database, queries
from hub.errors import DatabaseError
from hub.keys import DESTROYED
from hub.outcome import Deferred, Delivered, Outcome, Refused

T = TypeVar("T")

_SQL = queries(Path(__file__).with_name("settle.sql"))


class Head(NamedTuple):
    """The first open disclosure of a resident. `last_version`: of what was delivered to the counterpart before.

    `plan`: under which it is being replayed, if it is.
    """

    id: UUID
    subject: bytes
    partition: int
    token: bytes
    attempts: int
    flagged: bool
    last_version: int | None
    plan: UUID | None = None


class Ended(NamedTuple):
    """How one attempt ended. `version`: of the opened disclosure; None where it did not open."""

    outcome: Outcome
    version: int | None


@dataclass(frozen=True, slots=True)
class Together:
    """One of many that are confirmed by one receipt: as of which attempt, and the version of the opened disclosure."""

    id: UUID
    attempts: int
    version: int


class Attempt(NamedTuple):
    """An attempt that has ended. `wait`: seconds until the next, if it was deferred."""

    head: Head
    ended: Ended
    wait: float = 0.0


Settled = bool | DatabaseError
"""False where another had settled it; the error where it was not settled, or nobody can say."""
_Statement = Callable[[Sequence[Attempt]], Awaitable[list[bool]]]


class Settler:
    """Settles the disclosures of one contract."""

    def __init__(self, database: Database, contract: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._contract = contract
        self._now = now

    async def settle(self, head: Head, ended: Ended, wait: float) -> bool:
        """Commit the end of an attempt; False where another had settled it. `wait`: seconds, if it was deferred."""
        (settled,) = await self.settle_all([Attempt(head, ended, wait)])
        if isinstance(settled, DatabaseError):
            raise settled
        return settled

    async def settle_all(self, several: Sequence[Attempt]) -> list[Settled]:
        """The same of several, each of another disclosure; in order, and with the error where one was not settled."""
        return await _to_the_end(self._all(several))

    async def _all(self, several: Sequence[Attempt]) -> list[Settled]:
        found: dict[UUID, Settled] = {}
        for statement, members in self._statements(several):
            found |= zip([one.head.id for one in members], await self._together(statement, members), strict=True)
        self._count([one.ended for one in several if found[one.head.id] is True])
        return [found[one.head.id] for one in several]

    def _statements(self, several: Sequence[Attempt]) -> Iterator[tuple[_Statement, list[Attempt]]]:
        """What settles which of them: all that are delivered at once, all that are deferred, each refused one alone."""
        ends: dict[type, list[Attempt]] = {Delivered: [], Deferred: [], Refused: []}
        for one in several:
            ends[type(one.ended.outcome)].append(one)
        if ends[Delivered]:
            yield self._all_delivered, ends[Delivered]
        if ends[Deferred]:
            yield self._all_deferred, ends[Deferred]
        for one in ends[Refused]:
            yield self._all_refused, [one]

    async def _together(self, statement: _Statement, members: Sequence[Attempt]) -> list[Settled]:
        """By one statement; where the database refuses that, each by itself."""
        try:
            return [*await statement(members)]
        except DatabaseError as failed:
            if len(members) == 1 or failed.code == GONE:
                return [failed] * len(members)
            return [each for one in members for each in await self._together(statement, [one])]

    async def delivered_together(self, told: Sequence[Together], receipt: str) -> int:
        """Commit that one receipt confirms all of these; how many of them nobody had settled before."""
        settled = await _to_the_end(self._told([(one.id, one.attempts, one.version, receipt, "") for one in told]))
        self._count([Ended(Delivered(receipt), one.version) for one in compress(told, settled)])
        return sum(settled)

    def _count(self, several: Sequence[Ended]) -> None:
        delivered = [(one, one.outcome) for one in several if isinstance(one.outcome, Delivered)]
        now, took = self._now().timestamp(), metrics.DELIVERY_SECONDS.labels(self._contract)
        for one, _ in delivered:
            took.observe(max(0.0, now - (one.version or 0) / 1e6))
        if delivered:
            metrics.LAST_DELIVERED.labels(self._contract).set(now)
            metrics.CONFIRMED.labels(self._contract).inc(sum(bool(outcome.confirmed) for _, outcome in delivered))
        counted = Counter(type(one.outcome).__name__.lower() for one in several if not _is_erased(one))
        for kind, count in counted.items():
            metrics.DELIVERIES.labels(self._contract, kind).inc(count)

    async def _all_delivered(self, several: Sequence[Attempt]) -> list[bool]:
        return await self._told([
            (one.head.id, one.head.attempts, one.ended.version or 0, outcome.receipt, outcome.confirmed)
            for one in several if isinstance(outcome := one.ended.outcome, Delivered)
        ])  # fmt: skip

    async def _told(self, told: Sequence[tuple[UUID, int, int, str, str]]) -> list[bool]:
        return await self._each(_SQL["delivered"], told, self._now())

    async def _all_deferred(self, several: Sequence[Attempt]) -> list[bool]:
        now = self._now()
        return await self._each(_SQL["deferred"], [
            (one.head.id, one.head.attempts, outcome.code, now + timedelta(seconds=one.wait))
            for one in several if isinstance(outcome := one.ended.outcome, Deferred)
        ])  # fmt: skip

    async def _each(self, sql: str, several: Sequence[tuple[Any, ...]], *more: Any) -> list[bool]:
        """Of each, in order, whether this statement has settled it."""
        columns = [list(column) for column in zip(*several, strict=True)]
        settled = {row["nth"] for row in await self._database.fetch(sql, self._contract, *columns, *more)}
        return [nth in settled for nth in range(1, len(several) + 1)]

    async def _all_refused(self, several: Sequence[Attempt]) -> list[bool]:
        return [await self._refused(one.head, one.ended) for one in several]

    async def _refused(self, head: Head, ended: Ended) -> bool:
        code = ended.outcome.code if isinstance(ended.outcome, Refused) else ""
        return await (self._erased(head) if code == DESTROYED else self._dead(head, code, ended.version is not None))

    async def _dead(self, head: Head, code: str, is_proven: bool) -> bool:
        async with self._database.transaction() as held:
            kept_as = head.id if is_proven else await self._unproven(held, head)
            settled = (self._contract, head.id, head.attempts, code, self._now(), kept_as)
            done = await held.fetchval(_SQL["dead"], *settled)
            behind = await held.fetchval(_SQL["behind"], self._contract, head.subject, kept_as)
        if done:
            log.get().error("dead-letter", contract=self._contract, code=code, count=behind)
        return bool(done)

    async def _erased(self, head: Head) -> bool:
        settled = (self._contract, head.id, head.attempts, DESTROYED, self._now())
        done = await self._database.fetchval(_SQL["erased"], *settled)
        if done:
            tell_erased(self._contract, head.partition)
        return bool(done)

    async def _unproven(self, held: Connection, head: Head) -> UUID:
        offset = await held.fetchval(_SQL["offset"], self._contract, head.id)
        return place_id(self._contract, head.partition, offset or 0)

    async def hurry(self) -> None:
        """The counterpart is back: everything that waits is due."""
        await self._database.execute(_SQL["hurry"], self._contract, self._now())

    async def overtaken(self, subject: bytes, position: int, *, supersede: bool) -> int:
        """A protection began at `position`: what still waits before it is flagged, or superseded; how many."""
        if supersede:
            return int(await self._database.fetchval(_SQL["supersede"], self._contract, subject, position, self._now()))
        return await self._database.execute(_SQL["flag"], self._contract, subject, position)

    async def scouted(self, ids: Sequence[UUID]) -> None:
        """These were looked at for the beginning of a protection."""
        await self._database.execute(_SQL["scouted"], self._contract, list(ids))


def _is_erased(ended: Ended) -> bool:
    return isinstance(ended.outcome, Refused) and ended.outcome.code == DESTROYED


def tell_erased(contract: str, partition: int) -> None:
    """Say that a disclosure was not delivered and never will be, because its key was destroyed by order."""
    metrics.ERASED.labels(contract).inc()
    log.get().warning("disclosure-erased", contract=contract, partition=partition, code=DESTROYED)


async def _to_the_end(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
