"""Running an approved plan: chunk by chunk, in order, until nothing is left and everything has ended.

Whatever cuts a run off, it goes on by being run again. Only one run of a plan works at a time; were there two, the
compare-and-set of the hand-over would let one of them win. Before each chunk the plan is looked at anew: paused,
cancelled, expired, its contract changed, a grant over, a protection begun. At most `WINDOW` letters are on their way at
a time, so that cancelling leaves little behind; what is on its way ends as it ends.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from consumers import plans
from consumers.alone import alone
from consumers.chunk import Chunks, Moved
from consumers.plan_state import Event, Stand, check_runnable
from consumers.planning import check, void
from consumers.plans import SQL, Plan, Progress
from consumers.resealing import Sealer
from consumers.weighing import CHUNK, Weigher
from contracts.change import JAPAN
from contracts.contract import Contract
from hub import bus, given, topics
from hub.accounts import check_approver, check_asker
from hub.bus import Writer
from hub.config import Settings
from hub.database import Database, Row
from hub.errors import ApprovalRequired, KeyDestroyed, NotPermitted
from hub.people import Act, Person
from hub.recalling import PRINCIPAL
from hub.released import Warrant
from hub.stops import stopped

WINDOW: Final = 1000
"""Letters that are handed over and not yet ended, at most."""
LOOK_SECONDS: Final = 0.2
BOOK_SECONDS: Final = 5.0
"""Between two looks at the Book: reading it costs a third of a second."""

Clock = Callable[[], datetime]
Seen = Callable[[Progress, str], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """`rate`: letters a second, None without a limit."""

    rate: float | None = None

    def chunk(self) -> int:
        """Letters at a time: a second's worth, so that a slow pace is even."""
        return CHUNK if self.rate is None else max(1, min(CHUNK, int(self.rate)))

    def seconds(self, count: int) -> float:
        """How long `count` letters take at this pace."""
        return 0.0 if self.rate is None else count / self.rate


async def run(  # noqa: PLR0913 - the wiring of one run
    settings: Settings, database: Database, plan_id: UUID, person: Person, pace: Pace, seen: Seen, now: Clock
) -> Progress:
    """Run a plan to its end, or until it is cancelled. NotPermitted: void, expired, or another run is at work; or who
    has asked for it or approved it is no longer in office. A run that has begun ends, unless somebody cancels it."""
    made = await plans.found(database, plan_id)
    busy = NotPermitted("plan-is-running", "plan", "`jukihub replay show` says how far it is")
    async with alone(database, str(plan_id), busy):
        found = await plans.where(database, made, plans.times(settings), now())
        check_runnable(found)
        warrant = warranted(made, found)
        await check_asker(database, warrant.requested_by, Act.REPLAY_PLAN)
        await check_approver(database, warrant.approved_by)
        contract = given.book(settings).contracts.get(made.contract)
        async with (
            Weigher(settings, database, made.contract, contract, now().astimezone(JAPAN).date()) as weigher,
            bus.writer(settings, PRINCIPAL) as writer,
        ):
            if found.state == "approved":
                await plans.note(database, plan_id, Event("begun", "", person.id, now()))
            await check(database, made, weigher, now())
            return await Run(settings, database, made, weigher, pace, seen, now).to_its_end(writer, warrant)


def warranted(made: Plan, found: Stand) -> Warrant:
    """By whose approval; ApprovalRequired where nobody but the planner has approved, or another set was approved."""
    by = found.approved_by
    if by is None or by == made.planned_by or found.digest != made.digest:
        raise ApprovalRequired("plan-not-approved", "plan", "`jukihub replay approve` by somebody else")
    return Warrant(made.id, made.planned_by, by)


class Run:
    """One run of one plan."""

    def __init__(  # noqa: PLR0913 - as above
        self, settings: Settings, database: Database, made: Plan, weigher: Weigher, pace: Pace, seen: Seen, now: Clock
    ) -> None:  # fmt: skip
        self._settings = settings
        self._database = database
        self._made = made
        self._weigher = weigher
        self._pace = pace
        self._seen = seen
        self._now = now
        self._book_due = time.monotonic() + BOOK_SECONDS
        self._next_chunk = 0.0
        self._after = -1

    async def to_its_end(self, writer: Writer, warrant: Warrant) -> Progress:
        """Chunk after chunk, and then until everything that was handed over has ended."""
        chunks, count = self._chunks(writer, warrant), await plans.Count.of(self._database, self._made.id)
        while True:
            state = await self._state()
            progress = await count.look()
            self._seen(progress, state)
            if state == "cancelled":
                return progress
            if not progress.left and not progress.open:
                await plans.note(self._database, self._made.id, Event("finished", "", None, self._now()))
                return progress
            if state == "paused" or not progress.left or not await self._step(chunks, count):
                await asyncio.sleep(LOOK_SECONDS)

    async def _step(self, chunks: Chunks | None, count: plans.Count) -> int:
        """One chunk, if there is room for one and it is time."""
        room = min(WINDOW - count.progress.open, self._pace.chunk())
        if chunks is None or room < self._worth_it(count.progress) or time.monotonic() < self._next_chunk:
            return 0
        rows = await self._database.fetch(SQL["next"], self._made.id, room, self._after)
        await self._still_lawful(rows)
        try:
            await chunks.release(rows)
        except KeyDestroyed as gone:
            await void(self._database, self._made, gone.code, self._now())
        except Moved as moved:
            await void(self._database, self._made, moved.code, self._now())
        count.handed(row["letter"] for row in rows)
        self._after = max((row["position"] for row in rows), default=self._after)
        self._next_chunk = time.monotonic() + self._pace.seconds(len(rows))
        return len(rows)

    def _worth_it(self, progress: Progress) -> int:
        """Half a chunk, or all that is left: a transaction and a line of the ledger for each letter would be dear."""
        return max(1, min(min(self._pace.chunk(), WINDOW) // 2, progress.left))

    def _chunks(self, writer: Writer, warrant: Warrant) -> Chunks | None:
        if self._weigher.contract is None:
            return None  # then nothing of the plan is released
        topic = topics.disclosures(self._settings.prefix, self._made.contract)
        sealer = Sealer(self._weigher.keys, self._weigher.contract, topic, warrant)
        return Chunks(self._database, self._made, sealer, writer, topics.ledger(self._settings.prefix), self._now)

    async def _state(self) -> str:
        found = await plans.where(self._database, self._made, plans.times(self._settings), self._now())
        if found.state in ("voided", "expired"):
            code = f"plan-{found.state}"
            raise NotPermitted(code, "plan", "Make a new plan")
        return found.state

    async def _still_lawful(self, rows: Sequence[Row]) -> None:
        today, contract = self._now().astimezone(JAPAN).date(), self._weigher.contract
        if time.monotonic() >= self._book_due:
            self._book_due = time.monotonic() + BOOK_SECONDS
            contract = given.book(self._settings).contracts.get(self._made.contract)
        changed = contract is None or contract.hash != self._made.contract_hash or not contract.in_force(today)
        if contract is None or changed or await stopped(self._database, [contract]):
            await void(self._database, self._made, "contract-changed", self._now())
        elif any(not _lawful(contract, today).issuperset(row["items"]) for row in rows):
            await void(self._database, self._made, "decision-changed", self._now())
        if await self._weigher.catch_up():
            await void(self._database, self._made, "protection-began", self._now())


def _lawful(contract: Contract, today: date) -> set[str]:
    """What may be released at all today; of somebody who has left, the identifier alone."""
    return {*contract.permitted(today), contract.identifier}
