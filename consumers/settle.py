"""The only module that commits a settlement. "Who waits?" is asked in the same transaction.

A settlement is a compare-and-set on the attempt: of two that settle the same attempt one wins, and the other changes
nothing. It is shielded: a cancelled process finishes the settlement it has begun, because the effect has happened.
Nothing but a receipt makes a disclosure delivered; nothing but a refusal makes it a dead letter. What was read back
beside the receipt is noted for the ledger in the same transaction. One whose key was destroyed is neither: it is
erased, and nobody waits behind it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, assert_never
from uuid import UUID

from consumers.arrival import place_id
from hub import log, metrics
from hub.database import Connection, Database, queries
from hub.keys import DESTROYED
from hub.outcome import Deferred, Delivered, Outcome, Refused

T = TypeVar("T")

_SQL = queries(Path(__file__).with_name("settle.sql"))


@dataclass(frozen=True, slots=True)
class Head:
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


@dataclass(frozen=True, slots=True)
class Ended:
    """How one attempt ended. `version`: of the opened disclosure; None where it did not open."""

    outcome: Outcome
    version: int | None


@dataclass(frozen=True, slots=True)
class Together:
    """One of many that are confirmed by one receipt: as of which attempt, and the version of the opened disclosure."""

    id: UUID
    attempts: int
    version: int


class Settler:
    """Settles the disclosures of one contract."""

    def __init__(self, database: Database, contract: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._contract = contract
        self._now = now

    async def settle(self, head: Head, ended: Ended, wait: float) -> bool:
        """Commit the end of an attempt; False where another had settled it. `wait`: seconds, if it was deferred."""
        return await _to_the_end(self._settled(head, ended, wait))

    async def delivered_together(self, told: Sequence[Together], receipt: str) -> int:
        """Commit that one receipt confirms all of these; how many of them nobody had settled before."""
        return await _to_the_end(self._delivered_together(told, receipt))

    async def _delivered_together(self, told: Sequence[Together], receipt: str) -> int:
        ids, attempts, versions = [t.id for t in told], [t.attempts for t in told], [t.version for t in told]
        settled = (self._contract, ids, attempts, versions, receipt, self._now())
        rows = await self._database.fetch(_SQL["delivered_together"], *settled)
        for row in rows:
            self._count(Ended(Delivered(receipt), row["version"]))
        return len(rows)

    async def _settled(self, head: Head, ended: Ended, wait: float) -> bool:
        match ended.outcome:
            case Delivered():
                done = await self._delivered(head, ended.outcome, ended.version or 0)
            case Deferred():
                done = await self._deferred(head, ended.outcome, wait)
            case Refused() if ended.outcome.code == DESTROYED:
                return await self._erased(head)
            case Refused():
                done = await self._dead(head, ended.outcome, ended.version is not None)
            case _:
                assert_never(ended.outcome)
        if done:
            self._count(ended)
        return done

    def _count(self, ended: Ended) -> None:
        metrics.DELIVERIES.labels(self._contract, type(ended.outcome).__name__.lower()).inc()
        if isinstance(ended.outcome, Delivered):
            now = self._now().timestamp()
            metrics.LAST_DELIVERED.labels(self._contract).set(now)
            metrics.CONFIRMED.labels(self._contract).inc(bool(ended.outcome.confirmed))
            metrics.DELIVERY_SECONDS.labels(self._contract).observe(max(0.0, now - (ended.version or 0) / 1e6))

    async def _delivered(self, head: Head, outcome: Delivered, version: int) -> bool:
        settled = (self._contract, head.id, head.attempts, outcome.receipt, self._now(), version, outcome.confirmed)
        return bool(await self._database.execute(_SQL["delivered"], *settled))

    async def _deferred(self, head: Head, outcome: Deferred, wait: float) -> bool:
        settled = (self._contract, head.id, head.attempts, outcome.code, self._now() + timedelta(seconds=wait))
        return bool(await self._database.execute(_SQL["deferred"], *settled))

    async def _dead(self, head: Head, outcome: Refused, is_proven: bool) -> bool:
        async with self._database.transaction() as held:
            kept_as = head.id if is_proven else await self._unproven(held, head)
            settled = (self._contract, head.id, head.attempts, outcome.code, self._now(), kept_as)
            done = await held.fetchval(_SQL["dead"], *settled)
            behind = await held.fetchval(_SQL["behind"], self._contract, head.subject, kept_as)
        if done:
            log.get().error("dead-letter", contract=self._contract, code=outcome.code, count=behind)
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
