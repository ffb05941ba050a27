"""The subscriber's own database: what was told and how far it was read, in one transaction.

The offset moves by compare-and-set, and before anything is applied: a second process waits for the first one's
transaction, finds the offset moved, and has done nothing. A resident's disclosure is applied only where its version is
above the last one, so that whatever comes again, by whichever way, is applied once and never over something newer.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Never, Protocol

from consumers.subscribe.errors import ApplyFailed, RecordRefused, StoreFailed, SubscriptionError, kind, line_below
from consumers.subscribe.events import Applied, Disclosure, Erased, Event, Gap, Place, Repeated
from consumers.subscribe.order import Batch

SCHEMA = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
_PRESENT = "SELECT to_regclass('juki_subscription.gaps') IS NOT NULL"
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('juki_subscription'))"
_PREPARE = """INSERT INTO juki_subscription.positions (topic, partition) SELECT $1, unnest($2::integer[])
ON CONFLICT DO NOTHING"""
_MARKS = "SELECT partition, next_offset, last_seq FROM juki_subscription.positions WHERE topic = $1"
_MOVE = """UPDATE juki_subscription.positions SET next_offset = $4, last_seq = $5
WHERE topic = $1 AND partition = $2 AND next_offset IS NOT DISTINCT FROM $3 RETURNING true"""
_RISE = """INSERT INTO juki_subscription.residents AS known (topic, resident, version) VALUES ($1, $2, $3)
ON CONFLICT (topic, resident) DO UPDATE SET version = EXCLUDED.version WHERE known.version < EXCLUDED.version
RETURNING true"""
_NOTE_GAP = """INSERT INTO juki_subscription.gaps (topic, partition, from_seq, to_seq) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING"""
_GAPS = """SELECT partition, from_seq, to_seq FROM juki_subscription.gaps WHERE topic = $1
ORDER BY partition, from_seq"""
_READ = "SELECT partition, last_seq FROM juki_subscription.positions WHERE topic = $1"
_CLOSE_GAP = "DELETE FROM juki_subscription.gaps WHERE topic = $1 AND partition = $2 AND from_seq = $3"

Apply = Callable[[Any, Disclosure], Awaitable[None]]
"""What the subscriber does with a disclosure, on the connection whose transaction also moves the offset."""


class Pool(Protocol):
    """As much of an asyncpg pool as is needed here."""

    def acquire(self) -> AbstractAsyncContextManager[Any]:
        """A connection."""


class Overtaken(SubscriptionError):
    """Another process has moved the offset. Nothing of ours was done: look again where it stands."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a partition was read: the offset to read next (None: the beginning) and the last number."""

    next_offset: int | None
    last_seq: int


class Own:
    """What a subscription keeps of one topic."""

    def __init__(self, pool: Pool, topic: str) -> None:
        self._pool = pool
        self._topic = topic

    async def marks(self, partitions: Sequence[int]) -> dict[int, Mark]:
        """How far each partition was read; tables and rows are made where there are none."""
        async with self._transaction() as held:
            if not await held.fetchval(_PRESENT):
                await held.execute(_ALONE)
                await held.execute(SCHEMA)
            await held.execute(_PREPARE, self._topic, [*partitions])
            rows = await held.fetch(_MARKS, self._topic)
        return {row["partition"]: Mark(row["next_offset"], row["last_seq"]) for row in rows}

    async def take(self, partition: int, mark: Mark, batch: Batch, apply: Apply) -> list[Event]:
        """Apply what the batch holds and move the offset, together or not at all; Overtaken where it has moved."""
        async with self._transaction() as held:
            await self._move(held, partition, mark, batch)
            return [await self._step(held, step, batch, apply) for step in batch.steps]

    async def apply_once(self, told: Disclosure, apply: Apply) -> Applied | Repeated:
        """Apply one disclosure that was read once more, unless its resident has this version or a later one."""
        async with self._transaction() as held:
            return await self._apply(held, told, apply)

    async def pass_over(self, at: Place, mark: Mark) -> None:
        """Go on behind a record that was refused."""
        async with self._transaction() as held:
            await self._move(held, at.partition, mark, Batch(mark.last_seq, next_offset=at.offset + 1))

    async def gaps(self) -> list[Gap]:
        """What was missing and is not closed."""
        async with self._transaction() as held:
            return [Gap(*row) for row in await held.fetch(_GAPS, self._topic)]

    async def close_gap(self, gap: Gap) -> None:
        """Forget a gap, because it was filled or somebody has answered for it."""
        async with self._transaction() as held:
            await held.execute(_CLOSE_GAP, self._topic, gap.partition, gap.from_seq)

    async def looked_at(self, lines: Callable[[Any], AsyncIterator[Any]]) -> tuple[list[Any], dict[int, int]]:
        """What `lines` reads of the subscriber's own tables, and how far the topic was read, both at one moment."""
        with _without_values():
            async with self._pool.acquire() as held, held.transaction(isolation="repeatable_read", readonly=True):
                read = {row["partition"]: row["last_seq"] for row in await held.fetch(_READ, self._topic)}
                return [line async for line in lines(held)], read

    async def _move(self, held: Any, partition: int, mark: Mark, batch: Batch) -> None:
        ours = (self._topic, partition, mark.next_offset, batch.next_offset, batch.last_seq)
        if not await held.fetchval(_MOVE, *ours):
            raise Overtaken("offset-moved", f"partition {partition}")

    async def _step(self, held: Any, step: Disclosure | Erased | Gap, batch: Batch, apply: Apply) -> Event:
        if isinstance(step, Gap):
            await held.execute(_NOTE_GAP, self._topic, step.partition, step.from_seq, step.to_seq)
        if isinstance(step, Gap | Erased):
            return step
        done = await self._apply(held, step, apply)
        if isinstance(done, Applied) and step.at.offset in batch.falling:
            raise RecordRefused("sequence-not-rising", step.at)
        return done

    async def _apply(self, held: Any, told: Disclosure, apply: Apply) -> Applied | Repeated:
        if not await held.fetchval(_RISE, self._topic, told.resident, told.version):
            return Repeated(told)
        try:
            await apply(held, told)
        except Exception as failed:  # noqa: BLE001 - whatever it is, its text may quote a person
            _refuse(ApplyFailed("apply-failed", told.at, f"{kind(failed)} {line_below(failed)}"))
        return Applied(told)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Any]:
        with _without_values():
            async with self._pool.acquire() as held, held.transaction():
                yield held


@contextmanager
def _without_values() -> Iterator[None]:
    try:
        yield
    except SubscriptionError:
        raise
    except Exception as failed:  # noqa: BLE001 - the driver is not ours, and its errors quote values
        _refuse(StoreFailed("database-failed", kind(failed)))


def _refuse(refused: SubscriptionError) -> Never:
    try:
        raise refused from None
    finally:
        refused.__context__ = None  # `from None` only hides it, and whoever walks the chain would find the values
