"""How much an inbox may hold: `max waiting`, kept by not reading on. Nothing is dropped, nobody is left out.

What holds that many unsettled disclosures (waiting, waiting behind a letter, dead) reads no more of its topic until a
tenth of the bound is free again; meanwhile the broker keeps what comes. Entering and leaving are told once each, and
`hub_inbox_full` says which it is. Who waits behind one dead letter counts like everybody else.
"""

import time
from collections.abc import Callable
from pathlib import Path

from hub import log, metrics
from hub.database import Database, queries

_SQL = queries(Path(__file__).with_name("inbox.sql"))

LOOK_AGAIN = 1.0
"""Seconds between two counts while the inbox is full."""


def is_full(unsettled: int, limit: int, was_full: bool) -> bool:
    """Full at the limit, and from then on until a tenth of it is free: a bound that flutters would alarm for ever."""
    return unsettled >= limit or (was_full and unsettled > limit * 9 // 10)


class Room:
    """The room in the inbox of one contract. Counted anew only when it may be used up, since a count costs."""

    def __init__(
        self, database: Database, contract: str, limit: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._contract = contract
        self._limit = limit
        self._clock = clock
        self._free = 0
        self._full = False
        self._next_look = 0.0

    async def free(self) -> int:
        """How many more disclosures may be taken in; 0 while the inbox is full."""
        if self._free <= 0 and self._clock() >= self._next_look:
            await self._look()
        return self._free

    def take(self, count: int) -> None:
        """`count` more were taken in."""
        self._free = max(0, self._free - count)

    async def _look(self) -> None:
        unsettled = int(await self._database.fetchval(_SQL["unsettled"], self._contract))
        before, self._full = self._full, is_full(unsettled, self._limit, self._full)
        self._free = 0 if self._full else self._limit - unsettled
        self._next_look = self._clock() + (LOOK_AGAIN if self._full else 0.0)
        metrics.INBOX_FULL.labels(self._contract).set(self._full)
        if self._full != before:
            action = "inbox-full" if self._full else "inbox-has-room"
            log.get().warning(action, contract=self._contract, code="max-waiting", count=unsettled)
