"""Inbox and hand-over, measured one after the other in this process, on a broker and a database of their own.

Everything is real: sealed records on the contract's topic, the inbox in PostgreSQL with its offset, opening, the
adapter, receipts, settlements. Afterwards each has to be delivered, and each under a receipt of its own.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from consumers.adapters import ADAPTERS
from consumers.adapters.http import Line
from consumers.bench.figures import Run
from consumers.bench.lot import CONTRACT, Lots
from consumers.bench.spending import family_seconds, forget_peak
from consumers.bench.ways import WAYS, opened
from consumers.deliver import Counterpart, Deliverer
from consumers.keeping import Kept, kept
from hub import books
from hub.bench import spent, stand
from hub.bench.stand import Stand
from hub.clock import now
from hub.errors import JukiError
from hub.lifecycle import seldom_swept
from hub.stops import Stops

_LOOKS: Final = 0.2
_WAITS: Final = "SELECT EXISTS (SELECT FROM inbox.disclosures WHERE contract = $1 AND state = 'waiting')"
_EACH_ONCE: Final = """
SELECT count(*) AS delivered, count(DISTINCT receipt) AS receipts, max(right(receipt, 8)::bigint) AS given
FROM inbox.disclosures WHERE contract = $1 AND state = 'delivered' AND settled_at >= $2
"""
"""A counterpart counts its receipts, so the highest of them says how many it has given."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Meter:
    """Whose processor is looked at: the numbers of the processes."""

    database: int
    broker: int

    async def run(self, line: str, count: int, work: Callable[[], Awaitable[None]], counterpart: list[int]) -> Run:
        """What `work` took, with what it has cost everybody."""
        forget_peak()
        before, begun = self._spent(counterpart), time.perf_counter()
        await work()
        seconds = time.perf_counter() - begun
        own, database, there, broker = (
            after - first for after, first in zip(self._spent(counterpart), before, strict=True)
        )
        mb, cores = spent.peak_mb([os.getpid()]), os.cpu_count() or 1
        return Run(line, count, seconds, own, database, there, broker, mb, cores)

    def _spent(self, counterpart: list[int]) -> tuple[float, float, float, float]:
        return (time.process_time(), family_seconds(self.database), spent.cpu_seconds(counterpart),
                spent.cpu_seconds([self.broker]))  # fmt: skip


async def measure(  # noqa: PLR0913 - what is measured
    data: Path, names: Sequence[str], count: int, each: int, rounds: int, say: Say
) -> list[Run]:  # fmt: skip
    """Every way in turn, so often; the inbox is measured with each."""
    with stand.servers(data, 0, say) as standing, seldom_swept():
        async with standing.topics():
            return await _measured(standing, names, count, each, rounds, say)


async def _measured(  # noqa: PLR0913 - as above
    standing: Stand, names: Sequence[str], count: int, each: int, rounds: int, say: Say
) -> list[Run]:  # fmt: skip
    contract, meter = standing.book.contracts[CONTRACT], Meter(_database_pid(standing), standing.broker_pid())
    lots, runs = Lots(standing.settings, contract), list[Run]()
    async with kept(standing.settings, contract, now) as held:
        await books.remember(held.database, standing.book, now())
        for name in [name for _ in range(rounds) for name in names]:
            say(f"{count:,} disclosures, {name}")
            await lots.put(held.keys, count, each)
            runs.append(await meter.run("inbox", count, partial(_taken, held, lots.told), []))
            begun = now()
            async with opened(WAYS[name]) as (line, pids):
                work = partial(_handed_over, held, _deliverer(held, standing, line))
                runs.append(await meter.run(f"hand-over, {name}", count, work, pids))
            await _check(held, begun, count)
    return runs


def _deliverer(held: Kept, standing: Stand, line: Line) -> Deliverer:
    contract = standing.book.contracts[CONTRACT]
    counterpart = Counterpart(ADAPTERS[contract.via], line)
    stops = Stops(held.database, contract)
    return Deliverer(held.database, contract.id, held.opener, counterpart, held.settler, now, stops)


async def _taken(held: Kept, told: int) -> None:
    """Until everything that was told is in the inbox."""
    there = int(await held.database.fetchval("SELECT count(*) FROM inbox.disclosures WHERE contract = $1", CONTRACT))
    while there < told:
        there += await held.inbox.once()


async def _handed_over(held: Kept, deliverer: Deliverer) -> None:
    """As the process does it: woken where there is room again."""
    while True:
        deliverer.freed.clear()
        looked = await held.scout.once(deliverer.busy, deliverer.put_back)
        if await deliverer.start() or looked:
            continue
        if not deliverer.busy and not await held.database.fetchval(_WAITS, CONTRACT):
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(deliverer.freed.wait(), _LOOKS)


async def _check(held: Kept, since: datetime, count: int) -> None:
    found = await held.database.fetchrow(_EACH_ONCE, CONTRACT, since)
    if found is None or set(found.values()) != {count}:
        raise JukiError("not-each-once", CONTRACT)


def _database_pid(standing: Stand) -> int:
    return int((standing.data / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
