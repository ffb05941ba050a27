"""Whose turn it is on the line: pure. Who is in hand waits here until there is room on it, or is put back.

The line has room for so many hand-overs at a time. What is being replayed has at most a quarter of it and never less
than one, and takes that quarter first, so that it is never idle; everything else belongs to the living traffic.
"""

from collections import deque
from collections.abc import Iterable
from itertools import chain
from typing import Final

from consumers.settle import Head

REPLAYED_SHARE: Final = 4
"""What is being replayed has at most this part of the line: a quarter, and never less than one hand-over at a time."""


class Turns:
    """The turns on one line. `parallel`: hand-overs at a time."""

    def __init__(self, parallel: int) -> None:
        self._parallel = parallel
        self._share = max(1, parallel // REPLAYED_SHARE)
        self._living: deque[Head] = deque()
        self._replayed: deque[Head] = deque()
        self._replays, self.on_the_line = 0, 0

    def put(self, heads: Iterable[Head]) -> None:
        """These wait for their turn, in this order."""
        for head in heads:
            (self._living if head.plan is None else self._replayed).append(head)

    def take(self) -> Head | None:
        """Whose turn it is now; None where nobody waits who may, or there is no room."""
        if self.on_the_line >= self._parallel:
            return None
        if self._replayed and self._replays < self._share:
            self._replays += 1
            self.on_the_line += 1
            return self._replayed.popleft()
        if not self._living:
            return None
        self.on_the_line += 1
        return self._living.popleft()

    def ended(self, head: Head) -> None:
        """The turn of `head` is over."""
        self.on_the_line -= 1
        self._replays -= head.plan is not None

    def put_back(self) -> list[Head]:
        """Whoever has had no turn yet has none: who they are."""
        waiting = [*chain(self._living, self._replayed)]
        self._living.clear()
        self._replayed.clear()
        return waiting
