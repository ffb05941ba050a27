"""Carrying on: lot after lot until the process is to stop, patient with what is down, bounded in whatever it waits for.

Nobody wakes the relay: a NOTIFY takes a lock of the whole server from before its commit until that is on disk, so that
no two transactions of the registry could commit at the same time. It looks by itself, and often.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from hub import log, metrics
from hub.database import Database
from hub.errors import DatabaseError, DependencyUnavailable, JukiError, ProduceFailed
from hub.lifecycle import Process
from hub.patience import Patience
from producers.capture import Source
from producers.capture.table import Outbox, waiting
from producers.relay import BATCH, Relay
from producers.shards import LATE_SECONDS, PLENTY, Lot, Shards

LOOK_SECONDS = 0.02
"""Between two looks at the outbox, which cost half a millisecond."""

ROW_SECONDS = 0.005
"""More, for each row that was just carried. The more there was at once the more will come, and what comes meanwhile
goes along: where relay, router and broker have to wait for a core, this rest is made up for."""

REST_SECONDS = 0.045
"""At most; and where another relay had it all: two that look in turns would make small lots of it."""

LOG_SECONDS = 0.1
"""Between two looks at the log of another registry, which is decoded anew each time."""

ANSWER_SECONDS, CARRY_SECONDS = 10.0, 45.0
"""For a look; and for a lot, whatever it waits for: more than the broker has for its acknowledgement, with leaving it
by force."""

FAILURES = (ProduceFailed, DatabaseError, DependencyUnavailable, TimeoutError)


@dataclass(slots=True)
class Carrier:
    """Carries the outbox: a lot at a time where little waits, several side by side where much does or some are slow.

    `relays`: one for each shard, with its way to the broker; a lot takes that of its first shard. `batch`: rows of a
    shard per lot. Each shard that is not in hand beats, so one that hangs for long is told by the process's health.
    """

    process: Process
    registry: Database
    relays: Sequence[Relay]
    batch: int = BATCH
    _shards: Shards = field(default_factory=Shards)
    _awaited: set[asyncio.Task[int]] = field(default_factory=set)

    async def carry_on(self) -> None:
        """Until the process is to stop; what is in hand then is carried to its end."""
        patience = Patience()
        async with asyncio.TaskGroup() as tasks:
            while not self.process.stopping.is_set():
                try:
                    found = await self._found()
                except FAILURES as failed:
                    told(failed)
                    await self.process.wait(patience.rest())
                    continue
                patience.at_work()
                self._awaited |= {tasks.create_task(self._carry(lot)) for lot in self._shards.lots(found)}
                await self._rest()

    async def _found(self) -> Sequence[int]:
        free = self._shards.free(time.monotonic())
        for each in free:
            self.process.beat(f"shard-{each}")
        async with asyncio.timeout(ANSWER_SECONDS):
            return await waiting(self.registry, free) if free else []

    async def _carry(self, lot: Lot) -> int:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(CARRY_SECONDS):
                rows = await self.relays[lot[0]].carry(Outbox(self.registry, lot, self.batch))
        except FAILURES as failed:
            for each in lot:
                told(failed, shard=each)
            self._shards.failed(lot, time.monotonic())
            return 0
        self._shards.carried(lot, rows, time.monotonic() - begun)
        return rows

    async def _rest(self) -> None:
        """Until a lot is done, or all are late, and then where none was full until the next look."""
        done = set[asyncio.Task[int]]()
        if self._awaited:
            done, left = await asyncio.wait(self._awaited, timeout=LATE_SECONDS, return_when="FIRST_COMPLETED")
            self._awaited = left if done else set()  # the group keeps those that are late
        rows = [lot.result() for lot in done]
        if max(rows, default=0) < PLENTY:
            await self.process.wait(rest(sum(rows)) if any(rows) or not rows else REST_SECONDS)


def rest(rows: int) -> float:
    """Seconds until the next look, where so many rows were just carried."""
    return min(LOOK_SECONDS + rows * ROW_SECONDS, REST_SECONDS)


async def carry_log(process: Process, relay: Relay, source: Source) -> None:
    """Carry the log of another registry until the process is to stop; after a failure begin again, ever less often."""
    patience = Patience()
    while not process.stopping.is_set():
        process.beat("log")
        try:
            async with asyncio.timeout(CARRY_SECONDS):
                rows = await relay.carry(source)
        except FAILURES as failed:
            told(failed)
            await process.wait(patience.rest())
            continue
        patience.at_work()
        if rows < BATCH:
            await process.wait(LOG_SECONDS)


def told(failed: Exception, **where: int) -> None:
    """Count it, and say where it was and by which code."""
    metrics.PUBLISH_FAILURES.inc()
    code = failed.code if isinstance(failed, JukiError) else "too-long"
    log.get().warning("batch-rolled-back", code=code, **where)
