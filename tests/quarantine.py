"""The topic of the quarantine in memory, with a Reader's verbs, for tests about who waits there."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from hub.bus import Incoming


class Quarantine:
    """`records` of it; how many were read of them so far, and how many readers were open at most."""

    def __init__(self, records: Iterable[Incoming] = ()) -> None:
        self.records = list(records)
        self.read = self.open = self.most_open = 0
        self._at: Mapping[int, int | None] = {}

    @asynccontextmanager
    async def reader(self, *_: Any) -> AsyncIterator["Quarantine"]:
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        try:
            yield self
        finally:
            self.open -= 1

    async def ends(self) -> dict[int, int]:
        found: defaultdict[int, int] = defaultdict(int)
        for one in self.records:
            found[one.partition] = max(found[one.partition], one.offset + 1)
        return dict(found)

    async def seek(self, positions: Mapping[int, int | None]) -> None:
        self._at = positions

    async def to_end(self) -> AsyncIterator[list[Incoming]]:
        for one in self.records:
            if one.offset >= (self._at[one.partition] or 0):
                self.read += 1
                yield [one]
