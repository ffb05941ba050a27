"""Ours and Kafka Streams and the broker's limit side by side: the same changes, the same contracts, the same broker.

Everything is real: sealed changes, decisions, transactions, ledger. Rounds are interleaved, because a machine is not
the same for ten minutes. Each run has topics of its own; its processes are up, warm and idle when the changes that
count become readable, all at once (lots.py), and it ends when all of them are committed. Then every output is opened
and held against the decision (checked.py): a system that is fast and wrong has no figure.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts.change import JAPAN, parse
from hub import destroyed
from hub.bench import checked, limit, lots, systems
from hub.bench.checked import Told
from hub.bench.lots import Lot
from hub.bench.sample import changes
from hub.bench.spent import cpu_seconds, machine_seconds, peak_mb
from hub.bench.stand import Stand, servers
from hub.bench.systems import System
from hub.bench.table import LIMIT, STREAMS, Run
from hub.bench.warming import warmed
from hub.clock import now
from hub.database import Database, connect
from hub.keys import KeyStore

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Work:
    """What every system is given: a lot to get warm with, the lot that counts, and what must come of the two."""

    warm: Lot
    counted: Lot
    count: int
    changes: int
    due: Mapping[Told, bytes]
    keys: KeyStore
    plan: dict[str, Any]


async def measure(  # noqa: PLR0913 - one measurement
    data: Path, names: Sequence[str], contracts: int, count: int, warm: int, rounds: int, say: Say
) -> list[Run]:
    """Every system once per round; the limit comes last in each, because it is measured with what the others wrote."""
    if any(name.startswith(STREAMS) for name in names):
        systems.prepare(say)
    with servers(data, contracts, say) as stand:
        async with AsyncExitStack() as opened:
            say(f"{warm + count:,} changes are sealed and decided")
            database = await opened.enter_async_context(connect(stand.settings.database))
            work = await prepared(stand, database, [*changes(warm + count)], warm)
            first = next(name for name in names if name != LIMIT)
            await warmed(stand, lambda: run(stand, systems.named(first, stand, work.plan), work, 0), say)
            return await _rounds(stand, work, names, rounds, say)


async def prepared(stand: Stand, database: Database, drawn: Sequence[tuple[UUID, bytes]], warm: int) -> Work:
    """The work of these changes, of which the first `warm` do not count."""
    async with stand.topics():
        keys = await destroyed.keys(stand.settings, database, "relay")
    due = checked.due(stand.book, (parse(content) for _, content in drawn), now().astimezone(JAPAN).date())
    first = await lots.sealed(stand.settings, keys, drawn[:warm])
    counted = await lots.sealed(stand.settings, keys, drawn[warm:])
    plan = await systems.plan(stand.settings, stand.book, keys)
    return Work(first, counted, len(drawn) - warm, len(drawn), due, keys, plan)


async def _rounds(stand: Stand, work: Work, names: Sequence[str], rounds: int, say: Say) -> list[Run]:
    runs: list[Run] = []
    for number in range(1, rounds + 1):
        for name in _turned([name for name in names if name != LIMIT], number - 1):
            runs.append(await run(stand, systems.named(name, stand, work.plan), work, number))
            _tell(runs[-1], say)
        if LIMIT in names and runs:
            last = runs[-1]
            runs.append(await limit.measure(stand, number, last.changes, last.outputs, last.record_bytes))
            _tell(runs[-1], say)
    return runs


def _turned(names: Sequence[str], by: int) -> list[str]:
    """Another one begins each round: who comes first meets a broker that has just started."""
    by = by % len(names) if names else 0
    return [*names[by:], *names[:by]]


def _tell(run: Run, say: Say) -> None:
    say(f"round {run.round}: {run.system} {run.per_second:,.0f} changes/s")


async def run(stand: Stand, system: System, work: Work, number: int) -> Run:
    """One system once, and its outputs checked."""
    async with stand.topics():
        with system.started() as running:
            pids, broker = running.pids, stand.broker_pid()
            before = await _begun(stand, system, work, [broker, *pids])
            ended = await stand.committed(system.group, work.counted.ends(_behind(work)))
            spent, memory = before.since([broker, *pids]), peak_mb(pids)
        found = await checked.check(stand.settings, stand.book, work.keys, work.due, work.changes)
    outputs = round(len(found.told) * work.count / work.changes)
    client = sum(spent.of[pid] for pid in pids)
    return Run(system.name, number, work.count, outputs, ended - before.at, client, spent.of[broker], memory,
               round(found.size / found.records), running.kernel,
               max(0.0, spent.machine - sum(spent.of.values())), round(found.ledger_size / work.changes))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Spent:
    """Seconds of processor by process, and of the whole machine; `at`: when."""

    of: Mapping[int, float]
    machine: float
    at: float

    @classmethod
    def now(cls, pids: Iterable[int]) -> "_Spent":
        return cls({pid: cpu_seconds([pid]) for pid in pids}, machine_seconds(), time.perf_counter())

    def since(self, pids: Iterable[int]) -> "_Spent":
        """What came since then."""
        now = _Spent.now(pids)
        return _Spent({pid: used - self.of[pid] for pid, used in now.of.items()}, now.machine - self.machine, now.at)


async def _begun(stand: Stand, system: System, work: Work, pids: Sequence[int]) -> _Spent:
    """Let it get warm, then put what counts; what had been used when that could be read."""
    await lots.put(stand.settings, work.warm, time.perf_counter)
    await stand.committed(system.group, work.warm.ends({}))
    return await lots.put(stand.settings, work.counted, lambda: _Spent.now(pids))


def _behind(work: Work) -> dict[int, int]:
    """Where the lot that counts begins: behind the marker of the first one."""
    return {part: end + lots.MARKER for part, end in work.warm.ends({}).items()}
