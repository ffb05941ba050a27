"""Handing over: the line is read -> open -> hand over -> settle.

Strictly in order per resident (only the first open disclosure of a resident is ever read, and none while a dead letter
of theirs is there); different residents in parallel, within bounds. A counterpart that is down defers everything
behind one breaker and makes no dead letter. What it takes by day alone rests at night, and nothing else rests with it.
A disclosure whose version is not above what was delivered before is refused as out of order and not handed over. Where
persons have stopped the feed, everything is put off, until its keys are destroyed and it is erased.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from typing import Any
from uuid import UUID

from consumers.adapters import Adapter
from consumers.adapters.http import ITS_OWN, Line
from consumers.ahead import Ahead
from consumers.breaker import BackOff, Breaker
from consumers.disclosure import Disclosure
from consumers.followers import put_off
from consumers.opening import Opener
from consumers.settle import Attempt, Ended, Head, Settler
from consumers.turns import Turns
from hub import log
from hub.database import Database, queries
from hub.errors import DatabaseError
from hub.outcome import Deferred, Outcome, Refused
from hub.stops import Stops

IN_HAND = 512
"""Disclosures that are in hand at a time; how many of them are on the line is the adapter's `parallel`. As many at most
are handed over and not noted when a process is killed: they are handed over again under their ids, without effect."""

REPLAYED_IN_HAND = 16
"""As much of what is being replayed, besides, so that its part of the line is never idle."""

REST_SECONDS = 1.0
"""Between two looks at who waits behind a dead letter."""

GATHER_SECONDS = 0.004
"""What has ended waits so long for others that are in hand, to be settled with them; who is alone waits for nobody."""

LOOK_SECONDS = 0.2
"""Between two looks for what is being replayed, while there is no room for the living traffic."""

RESTING_SECONDS = 55.0
"""What rests until its counterpart opens is looked at this often; less than what `heads` calls a wrong clock."""

GRACE_SECONDS = 5.0
"""For what is in hand when the process is asked to end."""

_SQL = queries(Path(__file__).with_name("inbox.sql"))
_JITTER = SystemRandom().uniform


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Whom to hand over to, and how."""

    adapter: Adapter
    line: Line


class Deliverer:
    """Hands over what waits for one contract."""

    def __init__(  # noqa: PLR0913 - the wiring of one process
        self, database: Database, contract: str, opener: Opener, counterpart: Counterpart, settler: Settler,
        now: Callable[[], datetime], stops: Stops,
    ) -> None:  # fmt: skip
        self._database = database
        self._contract = contract
        self._ahead = Ahead(opener)
        self._counterpart = counterpart
        self._settler = settler
        self._now = now
        self._stops = stops
        self._back_off = BackOff()
        self._breaker = Breaker(_JITTER)
        self._turns = Turns(counterpart.adapter.settings.parallel)
        self._in_hand: dict[UUID, Head] = {}
        self._ended: list[Attempt] = []
        self._lanes: set[asyncio.Task[None]] = set()
        self._settling: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None
        self._rest_due = self._look_due = 0.0
        self.freed = asyncio.Event()

    async def carry(self, head: Head) -> None:
        """One disclosure alone: open, hand over, settle."""
        attempt = await self._attempt(head)
        await self._settler.settle(attempt.head, attempt.ended, attempt.wait)

    async def _attempt(self, head: Head) -> Attempt:
        opened = await self._ahead.take(head, self._turns.coming)
        if not isinstance(opened, Disclosure):
            return self._attempted(head, opened, None)
        if opened.version <= (head.last_version or 0):
            return self._attempted(head, Refused("out-of-order"), opened.version)
        if rest := self._counterpart.adapter.resting(opened, self._now()):
            return Attempt(head, Ended(Deferred("resting"), opened.version), min(rest, RESTING_SECONDS))
        said = opened.flagged() if head.flagged else opened
        outcome = await self._hand_over(said.repeated() if head.attempts else said)
        return self._attempted(head, outcome, opened.version)

    def _attempted(self, head: Head, outcome: Outcome, version: int | None) -> Attempt:
        is_put_off = isinstance(outcome, Deferred)
        wait = self._back_off.seconds(head.attempts + 1, _JITTER) if is_put_off else 0.0
        return Attempt(head, Ended(outcome, version), wait)

    async def read(self) -> list[Head]:
        """The heads that may be handed over now; one alone while the breaker is open."""
        if self._breaker.is_open:
            if self._in_hand or self._breaker.wait(time.monotonic()):
                return []
            rows = await self._database.fetch(_SQL["probe"], self._contract, [], self._now())
        elif free := self._free():
            rows = await self._database.fetch(_SQL["heads"], self._contract, self._now(), [*self._in_hand], *free)
        else:
            return []
        return [Head(**row) for row in rows]

    def _free(self) -> tuple[int, int] | None:
        """How many more may be taken in hand: of the living traffic, and of what is being replayed.

        None where nobody is to be looked for now. For what is replayed alone nobody looks all the time.
        """
        replayed = sum(head.plan is not None for head in self._in_hand.values())
        free = _room(IN_HAND, len(self._in_hand) - replayed), _room(REPLAYED_IN_HAND, replayed)
        if not free[0] and (not free[1] or time.monotonic() < self._look_due):
            return None
        self._look_due = time.monotonic() + LOOK_SECONDS
        return free

    async def start(self) -> int:
        """Take in hand what can be; how many. What a hand-over failed with unexpectedly is raised here."""
        if self._failure is not None:
            raise self._failure
        await self._rest()
        heads = await self.read()
        self._in_hand |= {head.id: head for head in heads}
        self._turns.put(heads)
        while (head := self._turns.take()) is not None:
            self._lanes.add(self._begin(self._in_turn(head)))
        return len(heads)

    async def _rest(self) -> None:
        if time.monotonic() < self._rest_due:
            return
        resting = await put_off(self._database, self._contract, self._now())
        self._rest_due = time.monotonic() + (0.0 if resting else REST_SECONDS)

    async def finish(self) -> None:
        """Let what is on the line end, within bounds; what is cut off is repeated by a later process under its id.

        What has ended is settled.
        """
        self._let_go(self._turns.put_back())
        await _within_bounds(self._lanes)
        if self._settling is not None:
            await _within_bounds({self._settling})

    def _begin(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._lanes.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()
            self.freed.set()

    @property
    def busy(self) -> list[bytes]:
        """The residents of whom something is on the line, or has been and is not settled yet."""
        return [head.subject for head in self._in_hand.values() if head not in self._turns]

    def put_back(self, subject: bytes) -> bool:
        """Take what only waits for its turn out of hand; whether nothing of this resident is in hand then."""
        self._let_go(self._turns.put_back(subject))
        return subject not in self.busy

    async def _in_turn(self, first: Head) -> None:
        """Hand over, one after the other, whoever's turn it is."""
        head: Head | None = first
        while head is not None:
            try:
                attempt = await self._attempt(head)
                self._ended.append(attempt)
            except DatabaseError as failed:
                self._let_go([head])
                self._not_settled(failed)
            finally:
                self._turns.ended(head)
            if self._ended and self._settling is None:
                self._settling = self._begin(self._settle())
            head = self._turns.take()

    async def _settle(self) -> None:
        """Settle whatever has ended, together; and what ends meanwhile after it, until there is no more."""
        try:
            while self._ended:
                if len(self._ended) < len(self._in_hand):
                    await asyncio.sleep(GATHER_SECONDS)
                several, self._ended = self._ended, []
                for settled in await self._settler.settle_all(several):
                    if isinstance(settled, DatabaseError):
                        self._not_settled(settled)
                self._let_go([one.head for one in several])
        finally:
            self._settling = None

    def _not_settled(self, failed: DatabaseError) -> None:
        """It is read again; the counterpart knows its id, and does nothing twice."""
        log.get().warning("settlement-failed", contract=self._contract, code=failed.code)

    def _let_go(self, heads: Sequence[Head]) -> None:
        self._ahead.forget(heads)
        for head in heads:
            del self._in_hand[head.id]
        if len(self._in_hand) <= IN_HAND // 2:
            self.freed.set()

    async def _hand_over(self, disclosure: Disclosure) -> Outcome:
        if await self._stops.now():
            return Deferred("contract-stopped")
        outcome = await self._counterpart.adapter.hand_over(self._counterpart.line, disclosure)
        if isinstance(outcome, Deferred) and outcome.code not in ITS_OWN:
            self._breaker.failed(time.monotonic())
            if self._breaker.is_open:
                self._let_go(self._turns.put_back())
        elif self._breaker.answered():
            log.get().info("counterpart-back", contract=self._contract)
            await self._settler.hurry()
        return outcome


async def _within_bounds(tasks: "set[asyncio.Task[None]]") -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=GRACE_SECONDS)
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


def _room(bound: int, held: int) -> int:
    """How many more: none before half of them have ended, so that many are read at a time."""
    return bound - held if held <= bound // 2 else 0
