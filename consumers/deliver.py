"""Handing over: the line is read -> open -> hand over -> settle.

Strictly in order per resident (only the first open disclosure of a resident is ever read, and none while a dead letter
of theirs is there); different residents in parallel, within bounds. A counterpart that is down defers everything
behind one breaker and makes no dead letter. What it takes by day alone rests at night, and nothing else rests with it.
A disclosure whose version is not above what was delivered before is refused as out of order and not handed over. Where
persons have stopped the feed, everything is put off, until its keys are destroyed and it is erased.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from uuid import UUID

from consumers.adapters import Adapter
from consumers.adapters.http import ITS_OWN, Line
from consumers.breaker import BackOff, Breaker
from consumers.disclosure import Disclosure
from consumers.followers import put_off
from consumers.opening import Opener
from consumers.settle import Ended, Head, Settler
from hub import log
from hub.database import Database, queries
from hub.errors import DatabaseError
from hub.outcome import Deferred, Outcome, Refused
from hub.stops import Stops

IN_HAND = 64
"""Disclosures that are in hand at a time; how many of them are on the line is the adapter's `parallel`."""

REPLAYED_IN_HAND = 16
"""As much of what is being replayed, besides: opened and ready, so that its part of the line is never idle."""

REPLAYED_SHARE = 4
"""What is being replayed has at most this part of the line: a quarter, and never less than one hand-over at a time."""

REST_SECONDS = 1.0
"""Between two looks at who waits behind a dead letter."""

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
        self._opener = opener
        self._counterpart = counterpart
        self._settler = settler
        self._now = now
        self._stops = stops
        self._back_off = BackOff()
        self._breaker = Breaker(_JITTER)
        parallel = counterpart.adapter.settings.parallel
        self._on_the_line = asyncio.Semaphore(parallel)
        self._replayed_on_the_line = asyncio.Semaphore(max(1, parallel // REPLAYED_SHARE))
        self._in_hand: dict[UUID, Head] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._rest_due = 0.0
        self.freed = asyncio.Event()

    async def carry(self, head: Head) -> None:
        """One disclosure: open, hand over, settle."""
        opened = await self._opener.open(head.token, head.partition, head.subject)
        if not isinstance(opened, Disclosure):
            ended = Ended(opened, None)
        elif opened.version <= (head.last_version or 0):
            ended = Ended(Refused("out-of-order"), opened.version)
        elif rest := self._counterpart.adapter.resting(opened, self._now()):
            await self._settler.settle(head, Ended(Deferred("resting"), opened.version), min(rest, RESTING_SECONDS))
            return
        else:
            said = replace(opened.flagged() if head.flagged else opened, again=head.attempts > 0)
            ended = Ended(await self._in_turn(said, replayed=head.plan is not None), opened.version)
        await self._settler.settle(head, ended, self._back_off.seconds(head.attempts + 1, _JITTER))

    async def read(self) -> list[Head]:
        """The heads that may be handed over now; one alone while the breaker is open."""
        if self._breaker.is_open:
            if self._in_hand or self._breaker.wait(time.monotonic()):
                return []
            rows = await self._database.fetch(_SQL["probe"], self._contract, [], self._now())
        elif any(free := self._free()):
            rows = await self._database.fetch(_SQL["heads"], self._contract, self._now(), [*self._in_hand], *free)
        else:
            return []
        return [Head(**row) for row in rows]

    def _free(self) -> tuple[int, int]:
        """How many more may be taken in hand: of the living traffic, and of what is being replayed."""
        replayed = sum(head.plan is not None for head in self._in_hand.values())
        return _room(IN_HAND, len(self._in_hand) - replayed), _room(REPLAYED_IN_HAND, replayed)

    async def start(self) -> int:
        """Take in hand what can be; how many. What a hand-over failed with unexpectedly is raised here."""
        if self._failure is not None:
            raise self._failure
        await self._rest()
        heads = await self.read()
        for head in heads:
            self._in_hand[head.id] = head
            task = asyncio.create_task(self._in_its_turn(head))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        return len(heads)

    async def _rest(self) -> None:
        if time.monotonic() < self._rest_due:
            return
        resting = await put_off(self._database, self._contract, self._now())
        self._rest_due = time.monotonic() + (0.0 if resting else REST_SECONDS)

    async def finish(self) -> None:
        """Let what is in hand end, within bounds; what is cut off is repeated by a later process under the same id."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE_SECONDS)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()

    @property
    def busy(self) -> list[bytes]:
        """The residents whose disclosure is in hand."""
        return [head.subject for head in self._in_hand.values()]

    async def _in_its_turn(self, head: Head) -> None:
        try:
            await self.carry(head)
        except DatabaseError as failed:
            # Not settled, so it is read again; the counterpart knows its id, and does nothing twice.
            log.get().warning("settlement-failed", contract=self._contract, code=failed.code)
        finally:
            del self._in_hand[head.id]
            self.freed.set()

    async def _in_turn(self, disclosure: Disclosure, *, replayed: bool) -> Outcome:
        if not replayed:
            return await self._hand_over(disclosure)
        async with self._replayed_on_the_line:
            return await self._hand_over(disclosure)

    async def _hand_over(self, disclosure: Disclosure) -> Outcome:
        async with self._on_the_line:
            if await self._stops.now():
                return Deferred("contract-stopped")
            outcome = await self._counterpart.adapter.hand_over(self._counterpart.line, disclosure)
        if isinstance(outcome, Deferred) and outcome.code not in ITS_OWN:
            self._breaker.failed(time.monotonic())
        elif self._breaker.answered():
            log.get().info("counterpart-back", contract=self._contract)
            await self._settler.hurry()
        return outcome


def _room(bound: int, held: int) -> int:
    """How many more: none before half of them have ended, so that many are read at a time."""
    return bound - held if held <= bound // 2 else 0
