"""One run: everything stands, the counter opens, faults come and go, everything is healed, and then it is judged.

Bounded throughout: what has not arrived within RECOVERY_SECONDS of the last healing is lost, and is named.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub import given
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import DatabaseError, DependencyUnavailable
from tests.faults.chaos.arrived import collected, evidence
from tests.faults.chaos.clocked import jump
from tests.faults.chaos.counter import Counter
from tests.faults.chaos.faults import FAULTS, Refused, Stage
from tests.faults.chaos.judge import Due, Loss, judge
from tests.faults.chaos.oracle import due
from tests.faults.chaos.schedule import BY_NAME, KEEPING, Fault, Kind, schedule
from tests.faults.chaos.schedule import KINDS as EVERY_KIND
from tests.faults.chaos.servers import PATIENCE_SECONDS, House, house
from tests.processes import KINDS

RECOVERY_SECONDS = 60.0
PAUSE_SECONDS = 0.3
SLACK_SECONDS = 1.0
"""By which a fault may end later than its run."""
Say = Callable[[str], None]

_ARCHIVED = "SELECT count(DISTINCT change) FROM hub.ledger WHERE change = ANY($1::uuid[])"
_KEPT = "SELECT count(*) FROM inbox.disclosures WHERE id = ANY($1::uuid[])"
_SETTLED = """
    SELECT count(*) FROM inbox.disclosures
    WHERE state IN ('delivered', 'superseded') AND id = ANY($1::uuid[])"""


@dataclass(slots=True)
class Outcome:
    """What a run has come to. Times in seconds."""

    seed: int
    seconds: float
    done: list[tuple[Fault, float]] = field(default_factory=list)
    """What was injected, and how long it really was at work."""
    refused: dict[str, str] = field(default_factory=dict)
    late: int = 0
    """Faults that were planned and whose turn did not come in time."""
    minted: int = 0
    due: dict[str, int] = field(default_factory=dict)
    recovery: float | None = None
    fresh: float | None = None
    answers: dict[str, int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    crashed: list[str] = field(default_factory=list)
    """Whose log has a traceback: it ended of something that it did not know."""
    losses: list[Loss] = field(default_factory=list)

    @property
    def well(self) -> bool:
        arrived = self.recovery is not None and self.fresh is not None
        return arrived and not self.losses and not self.crashed and self.minted > 0


async def play(
    folder: Path, seed: int, seconds: float, say: Say, kinds: Sequence[Kind] = EVERY_KIND, contracts: Sequence[str] = ()
) -> Outcome:
    """The run of `seed`, with these kinds of faults and these contracts; none named are all of them."""
    outcome, planned = Outcome(seed, seconds), schedule(seed, seconds, kinds)
    say("three nodes and a database are starting")
    async with (
        house(folder, seed, contracts) as standing,
        _at_work(standing, say, few=bool(contracts)) as (registry, database),
    ):
        stage, clock = standing.stage, standing.stage.keeper.clock("counter")
        counter = Counter(registry, seed, lambda: datetime.now(UTC) + timedelta(seconds=jump(clock)))
        await _flowing(standing, counter, database)
        await _under_fire(stage, counter, planned, outcome, say)
        await _recovered(standing.settings, counter, database, outcome, say)
        outcome.losses = await _judged(standing, counter, database, outcome)
        outcome.ended, outcome.crashed = dict(stage.keeper.ended), stage.keeper.crashed()
    return outcome


@asynccontextmanager
async def _at_work(standing: House, say: Say, *, few: bool) -> AsyncIterator[tuple[Database, Database]]:
    """All processes that a Book of all contracts, or of a few, has work for, kept; and our own connections."""
    keeper, settings = standing.stage.keeper, standing.settings
    async with connect(settings.registry_dsn, 2) as registry, connect(settings.database, 2) as database:
        say("the processes are starting")
        try:
            await asyncio.to_thread(keeper.standins)
            keeper.all(*([] if few else KEEPING))
            keeping = asyncio.create_task(keeper.keep())
            try:
                yield registry, database
            finally:
                keeping.cancel()
        finally:
            await asyncio.to_thread(keeper.stop)


async def _flowing(standing: House, counter: Counter, database: Database) -> None:
    """Until a first change has gone all the way: faults before that would test the start alone."""
    await counter.file_one()
    if await _arrival(standing.settings, counter, database, PATIENCE_SECONDS) is None:
        raise AssertionError(f"nothing flows; read {standing.stage.keeper.folder}")


async def _under_fire(stage: Stage, counter: Counter, planned: Sequence[Fault], outcome: Outcome, say: Say) -> None:
    filing, began = asyncio.create_task(counter.open(PAUSE_SECONDS)), time.monotonic()
    turns = defaultdict[str, asyncio.Lock](asyncio.Lock)
    async with asyncio.TaskGroup() as faults:
        for fault in planned:
            await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
            turn = turns[BY_NAME[fault.kind].domain]
            faults.create_task(_in_turn(turn, began + outcome.seconds, stage, fault, outcome, say))
        await asyncio.sleep(max(0.0, began + outcome.seconds - time.monotonic()))
    counter.close()
    outcome.seconds = time.monotonic() - began
    say("healing")
    await asyncio.gather(asyncio.to_thread(stage.cluster.heal_all), asyncio.to_thread(stage.database.start))
    await filing


async def _in_turn(
    turn: asyncio.Lock, until: float, stage: Stage, fault: Fault, outcome: Outcome, say: Say
) -> None:
    """Where healing the one before of its domain takes longer than planned, a fault waits; too late, it is left out."""
    async with turn:
        if time.monotonic() + fault.lasts <= until + SLACK_SECONDS:
            await _happening(stage, fault, outcome, say)
        else:
            outcome.late += 1


async def _happening(stage: Stage, fault: Fault, outcome: Outcome, say: Say) -> None:
    began = time.monotonic()
    try:
        async with FAULTS[fault.kind](stage, fault):
            say(f"{fault}")
            began = time.monotonic()
            await asyncio.sleep(fault.lasts)
    except Refused as refused:
        outcome.refused[fault.kind] = str(refused)
        return
    outcome.done.append((fault, time.monotonic() - began))


async def _recovered(
    settings: Settings, counter: Counter, database: Database, outcome: Outcome, say: Say
) -> None:
    """How long it takes until everything has arrived, and whether one more change passes."""
    say(f"healed; waiting for {len(counter.minted)} changes")
    outcome.recovery = await _arrival(settings, counter, database, RECOVERY_SECONDS)
    await counter.file_one()
    outcome.fresh = await _arrival(settings, counter, database, RECOVERY_SECONDS)
    outcome.answers = dict(counter.answers)


async def _arrival(settings: Settings, counter: Counter, database: Database, seconds: float) -> float | None:
    """How long it takes until all that was minted is archived, and settled or kept; None: longer than `seconds`."""
    began, due_now, kept = time.monotonic(), await _due(settings, counter), collected(given.book(settings).contracts)
    wanted = [one.id for one in due_now if one.contract in KINDS]
    waiting = [one.id for one in due_now if one.contract in kept]
    while time.monotonic() < began + seconds:
        try:
            archived = await database.fetchval(_ARCHIVED, counter.minted)
            there = await database.fetchval(_SETTLED, wanted), await database.fetchval(_KEPT, waiting)
            if archived == len(counter.minted) and there == (len(wanted), len(waiting)):
                return time.monotonic() - began
        except DatabaseError:
            pass
        await asyncio.sleep(0.2)
    return None


async def _due(settings: Settings, counter: Counter) -> Sequence[Due]:
    return due(await counter.bodies(), given.book(settings).contracts)


async def _judged(standing: House, counter: Counter, database: Database, outcome: Outcome) -> list[Loss]:
    settings = standing.settings
    contracts, wanted = dict(given.book(settings).contracts), await _due(settings, counter)
    outcome.minted = len(counter.minted)
    outcome.due = {name: sum(one.contract == name for one in wanted) for name in contracts}
    while True:
        try:
            found = await evidence(standing.settings, database, contracts, standing.stage.keeper.urls)
        except (DependencyUnavailable, DatabaseError):
            await asyncio.sleep(1.0)
            continue
        return judge(counter.minted, wanted, found)
