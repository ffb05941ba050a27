"""What persons do with letters and plans: each act allowed, done, and noted; the same for terminal and HTTP.

Nothing here decides: who may what stands in hub.people, what may be released in planning.py. What a caller is shown is
returned after the act has been noted.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from consumers import closing, letters, overview, planning, plans, running
from consumers.closing import Closing, Waiting
from consumers.letters import Group, Inside, Letter
from consumers.overview import Overview
from consumers.plan_state import Event, check_movable
from consumers.planning import Filter
from consumers.plans import Progress
from consumers.revealing import revealed
from hub import given
from hub.acting import acting_as
from hub.caller import present
from hub.clock import now
from hub.config import Settings
from hub.database import Database, connect
from hub.people import Act, Person
from hub.tokens import Bearer

EVERYTHING: Final = "all"
Details = dict[str, str | int]
_MOVES: Final = {"paused": Act.REPLAY_RUN, "resumed": Act.REPLAY_RUN, "cancelled": Act.REPLAY_CANCEL}


@dataclass(frozen=True, slots=True)
class Office:
    """Where one person does it."""

    settings: Settings
    database: Database
    bearer: Bearer
    now: Callable[[], datetime] = now

    async def groups(self, contract: str | None) -> list[Group]:
        """Letters by contract, state and code."""
        async with self._acting(Act.LETTERS_SEE, contract or EVERYTHING):
            return await letters.groups(self.database, contract)

    async def letters(self, wanted: Filter) -> tuple[list[Letter], int]:
        """The letters that are meant, and how many there are of them."""
        async with self._acting(Act.LETTERS_SEE, wanted.contract or EVERYTHING):
            return await letters.listed(self.database, wanted)

    async def inside(self, letter: UUID) -> Inside:
        """One letter, without a value."""
        async with self._acting(Act.LETTERS_SHOW, str(letter)):
            return await letters.inside(self.settings, self.database, letter)

    async def revealed(self, letter: UUID, reason: str) -> dict[str, Any]:
        """The values of one letter."""
        details: Details = {"reason": reason, "limit": self.settings.reveals_a_day}
        async with self._acting(Act.LETTERS_REVEAL, str(letter), details) as person:
            return await revealed(self.settings, self.database, letter, person, reason, self.now())

    async def discard(self, wanted: Filter, reason: str) -> Closing:
        """Ask for letters never to be told."""
        details: Details = {"reason": reason, "filter": str(wanted)}
        async with self._acting(Act.LETTERS_DISCARD, wanted.contract, details) as person:
            ids = await planning.chosen(self.database, wanted)
            asked = await closing.ask_discard(self.database, wanted.contract, ids, person, reason, self.now())
            details |= {"request": str(asked.id), "count": len(ids)}
        return asked

    async def correct(self, letter: UUID, change: UUID, reason: str) -> Closing:
        """Ask for a letter to be closed, because a later change stands for it."""
        details: Details = {"reason": reason}
        async with self._acting(Act.LETTERS_CORRECT, str(letter), details) as person:
            one, _ = await letters.found(self.database, letter)
            asked = await closing.ask_correct(self.database, one.contract, letter, change, person, reason, self.now())
            details["request"] = str(asked.id)
        return asked

    async def closings(self) -> list[Waiting]:
        """What was asked for with `discard` and `correct`, and waits for another person."""
        async with self._acting(Act.LETTERS_SEE, EVERYTHING):
            return await closing.waiting(self.settings, self.database, self.now())

    async def approve_closing(self, request: UUID) -> tuple[Closing, int]:
        """Approve what somebody else has asked for."""
        details: Details = {}
        async with self._acting(Act.LETTERS_DISCARD_APPROVE, str(request), details) as person:
            asked = await closing.found(self.database, request)
            book = given.book(self.settings)
            count = await closing.approve(self.settings, self.database, book, request, person, self.now())
            details |= {"count": count, "contract": asked.contract, "reason": asked.reason}
        return asked, count

    async def plan(self, wanted: Filter, reason: str) -> Overview:
        """Make a plan."""
        details: Details = {"filter": str(wanted), "reason": reason, "limit": self.settings.replays_at_most}
        async with self._acting(Act.REPLAY_PLAN, wanted.contract, details) as person:
            book, at = given.book(self.settings), self.now()
            made = await planning.plan(self.settings, self.database, book, wanted, person, reason, at)
            found = await overview.of(self.settings, self.database, made, at)
            details |= {"plan": str(made.id), "hash": made.digest.hex(), "count": found.progress.total}
        return found

    async def plans(self) -> list[Overview]:
        """The newest plans."""
        async with self._acting(Act.REPLAY_SEE, EVERYTHING):
            made = await plans.listed(self.database)
            return [await overview.of(self.settings, self.database, one, self.now()) for one in made]

    async def shown(self, plan: UUID, *, every_letter: bool) -> Overview:
        """One plan."""
        async with self._acting(Act.REPLAY_SEE, str(plan)):
            made = await plans.found(self.database, plan)
            return await overview.of(self.settings, self.database, made, self.now(), every_letter=every_letter)

    async def approve(self, plan: UUID) -> Overview:
        """Approve a plan that somebody else has made."""
        details: Details = {}
        async with self._acting(Act.REPLAY_APPROVE, str(plan), details) as person:
            book = given.book(self.settings)
            made = await planning.approve(self.settings, self.database, book, plan, person, self.now())
            details |= {"hash": made.digest.hex(), "contract": made.contract}
            return await overview.of(self.settings, self.database, made, self.now())

    async def run(self, plan: UUID, pace: running.Pace, seen: running.Seen) -> Progress:
        """Run an approved plan, or go on with it."""
        details: Details = {}
        async with self._acting(Act.REPLAY_RUN, str(plan), details) as person:
            done = await running.run(self.settings, self.database, plan, person, pace, seen, self.now)
            details |= {"count": done.handed, "delivered": done.ended.get("delivered", 0)}
        return done

    async def move(self, plan: UUID, what: str) -> Overview:
        """Pause, resume or cancel a plan. `what`: paused, resumed, cancelled."""
        async with self._acting(_MOVES[what], str(plan)) as person:
            made = await plans.found(self.database, plan)
            allowed = plans.times(self.settings)
            check_movable(await plans.where(self.database, made, allowed, self.now()), what)
            await plans.note(self.database, plan, Event(what, "", person.id, self.now()))
            return await overview.of(self.settings, self.database, made, self.now())

    def _acting(
        self, act: Act, object_: str, details: Details | None = None
    ) -> AbstractAsyncContextManager[Person]:  # fmt: skip
        return acting_as(self.bearer, self.database, act, object_, self.now, details)


@asynccontextmanager
async def office(settings: Settings, size: int = 6) -> AsyncIterator[Office]:
    """The office of whoever types the command."""
    async with connect(settings.database, size) as database:
        yield Office(settings, database, await present(settings, database, now()))
