"""Carrying on: lot after lot until the process is to stop, patient with what is down, bounded in whatever it waits for.

Nobody wakes who carries: a NOTIFY takes a lock of the whole server from before its commit until that is on disk, so
that no two transactions of the registry could commit at the same time. They look by themselves, and often.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hub import log, metrics
from hub.database import Database
from hub.errors import DatabaseError, DependencyUnavailable, JukiError, ProduceFailed
from hub.lifecycle import Process
from hub.patience import Patience
from producers.capture.table import Outbox, waiting
from producers.relay import BATCH, Relay
from producers.shards import PLENTY, Lot, Shards

LOOK_SECONDS = 0.02
"""Between two looks at the outbox, which cost half a millisecond."""

ROW_SECONDS, REST_SECONDS = 0.005, 0.045
"""More for each row that was just carried, and in all at most. The more there was at once the more will come, and what
comes meanwhile goes in one lot: through relay, router and broker that costs much the same with one row or with ten, and
where they have to wait for a core, some milliseconds of rest are made up for."""

LATE_SECONDS = 0.5
"""After so long nobody waits for a lot that is in hand to go along with the next one."""

LOG_SECONDS = 0.1
"""Between two looks at the log of another registry, which is decoded anew each time."""

CARRY_SECONDS = 45.0
"""For one lot, whatever it waits for: more than the broker has for its acknowledgement, with leaving it by force."""

FAILURES = (ProduceFailed, DatabaseError, DependencyUnavailable, TimeoutError)


@dataclass(slots=True)
class Carrier:
    """Carries the outbox: a lot at a time where little waits, several side by side where much does or some have failed.

    `relays`: one for each shard, and with it a way to the broker. A lot takes that of its first shard.
    """

    process: Process
    registry: Database
    relays: Sequence[Relay]
    _shards: Shards = field(default_factory=Shards)
    _lots: set[asyncio.Task[int]] = field(default_factory=set)

    async def carry_on(self) -> None:
        """Until the process is to stop; what is in hand then is carried to its end."""
        looking = Patience()
        async with asyncio.TaskGroup() as tasks:
            while not self.process.stopping.is_set():
                self.process.beat("outbox")
                try:
                    found = await self._found()
                except FAILURES as failed:
                    told(failed)
                    await self.process.wait(looking.rest())
                    continue
                looking.at_work()
                self._lots |= {tasks.create_task(self._carry(lot)) for lot in self._shards.lots(found)}
                await self._rest()

    async def _found(self) -> Mapping[int, int]:
        free = self._shards.free(time.monotonic())
        return await waiting(self.registry, free, PLENTY) if free else {}

    async def _carry(self, lot: Lot) -> int:
        try:
            async with asyncio.timeout(CARRY_SECONDS):
                carried = await self.relays[lot[0]].carry(Outbox(self.registry, lot, BATCH))
        except FAILURES as failed:
            told(failed, shard=lot[0])
            self._shards.failed(lot, time.monotonic())
            return 0
        finally:
            self._shards.ended(lot)
        self._shards.worked(lot)
        return carried

    async def _rest(self) -> None:
        """Until a lot is done, and then where it was not full until the next look."""
        done = set[asyncio.Task[int]]()
        if self._lots:
            done, self._lots = await asyncio.wait(self._lots, timeout=LATE_SECONDS, return_when="FIRST_COMPLETED")
        carried = [lot.result() for lot in done]
        if max(carried, default=0) < PLENTY:
            await self.process.wait(rest(sum(carried)))


def rest(carried: int) -> float:
    """Seconds until the next look, where so many rows were just carried."""
    return min(LOOK_SECONDS + carried * ROW_SECONDS, REST_SECONDS)


async def carry_on(process: Process, relay: Relay) -> None:
    """Carry one source until the process is to stop; after a failure begin again, ever less often."""
    patience, loop = Patience(), f"shard-{relay.shard}"
    while not process.stopping.is_set():
        process.beat(loop)
        try:
            async with asyncio.timeout(CARRY_SECONDS):
                carried = await relay.carry()
        except FAILURES as failed:
            told(failed, shard=relay.shard)
            await process.wait(patience.rest())
            continue
        patience.at_work()
        if carried < BATCH:
            await process.wait(LOG_SECONDS)


def told(failed: Exception, **where: int) -> None:
    """Count it, and say where it was and by which code."""
    metrics.PUBLISH_FAILURES.inc()
    code = failed.code if isinstance(failed, JukiError) else "too-long"
    log.get().warning("batch-rolled-back", code=code, **where)
