"""The counter that never closes: files a notice every moment, and knows every Change that it has made.

Where the database fails, nobody knows whether a notice was taken; it is filed again under the same receipt until the
counter answers, as a clerk would. A notice that is refused has made nothing and is counted.
"""

import asyncio
from collections import Counter as Tally
from collections.abc import Awaitable, Callable
from datetime import datetime
from random import Random
from typing import TypeVar

import orjson

from hub.database import Database
from hub.errors import DatabaseError
from producers import todokede
from producers.synthetic.numbers import Numbers
from tests.faults.chaos.notices import Clerk, Home

T = TypeVar("T")
AGAIN_SECONDS = 0.3
_HOMES = """
    SELECT array_agg(record ORDER BY atena_no) AS members FROM registry.resident
    WHERE status = 'registered' GROUP BY household_no"""
_BODIES = "SELECT body FROM registry.history WHERE change = ANY($1::uuid[])"


class Counter:
    """Files notices into `registry`; `clock` is the counter's own, and may jump."""

    def __init__(self, registry: Database, seed: int, clock: Callable[[], datetime]) -> None:
        self.minted: list[str] = []
        self.answers: Tally[str] = Tally()
        self.failures = 0
        self._registry = registry
        self._clock = clock
        self._dice = Random(f"counter/{seed}")
        self._clerk = Clerk(todokede.today(clock()), self._dice, Numbers(seed))
        self._closing = asyncio.Event()

    def close(self) -> None:
        """File no more than what is being filed."""
        self._closing.set()

    async def open(self, pause: float) -> None:
        """File one notice after the other, `pause` seconds apart on average, until it closes."""
        while not self._closing.is_set():
            await self.file_one()
            await asyncio.sleep(self._dice.uniform(0, 2 * pause))

    async def file_one(self) -> tuple[str, ...]:
        """File one more notice; the ids of its Changes."""
        homes = await self._patiently(self._homes)
        receipt = f"chaos-{sum(self.answers.values()) + 1}"
        line = orjson.dumps(self._clerk.notice(receipt, *self._dice.sample(homes, 2)))
        answer = await self._patiently(lambda: todokede.answer(self._registry, line, self._clock()))
        self.answers[answer.code or answer.result] += 1
        self.minted += answer.changes
        return answer.changes

    async def bodies(self) -> list[bytes]:
        """The bodies of everything minted, from the register's own history."""
        rows = await self._patiently(lambda: self._registry.fetch(_BODIES, self.minted))
        return [row["body"] for row in rows]

    async def _homes(self) -> list[Home]:
        rows = await self._registry.fetch(_HOMES)
        return [[orjson.loads(record) for record in row["members"]] for row in rows]

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await work()
            except DatabaseError:
                self.failures += 1
                await asyncio.sleep(AGAIN_SECONDS)
