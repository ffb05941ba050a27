"""Whose turn it is on the line: pure. Who is in hand waits here until there is room on it, or is put back.

The line has room for so many hand-overs at a time. What is being replayed has at most a quarter of it and never less
than one, and takes that quarter first, so that it is never idle; everything else belongs to the living traffic.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Final
from uuid import UUID

from consumers.settle import Head

REPLAYED_SHARE: Final = 4
"""What is being replayed has at most this part of the line: a quarter, and never less than one hand-over at a time."""


class Turns:
    """The turns on one line. `parallel`: hand-overs at a time."""

    def __init__(self, parallel: int) -> None:
        self._parallel = parallel
        self._share = max(1, parallel // REPLAYED_SHARE)
        self._living: dict[UUID, Head] = {}
        self._replayed: dict[UUID, Head] = {}
        self._replays, self.on_the_line = 0, 0

    def put(self, heads: Iterable[Head]) -> None:
        """These wait for their turn, in this order."""
        for head in heads:
            self._line_of(head)[head.id] = head

    def __contains__(self, head: Head) -> bool:
        """Whether this one has had no turn yet."""
        return head.id in self._line_of(head)

    def _line_of(self, head: Head) -> dict[UUID, Head]:
        return self._living if head.plan is None else self._replayed

    def take(self) -> Head | None:
        """Whose turn it is now; None where nobody waits who may, or there is no room."""
        if self.on_the_line >= self._parallel:
            return None
        line = self._replayed if self._replayed and self._replays < self._share else self._living
        if not line:
            return None
        head = line.pop(next(iter(line)))
        self.on_the_line += 1
        self._replays += head.plan is not None
        return head

    def coming(self, count: int) -> list[Head]:
        """So many, at most, of those whose turn is next, as far as that can be said."""
        replayed = [*islice(self._replayed.values(), count // REPLAYED_SHARE)]
        return [*replayed, *islice(self._living.values(), count - len(replayed))]

    def ended(self, head: Head) -> None:
        """The turn of `head` is over."""
        self.on_the_line -= 1
        self._replays -= head.plan is not None

    def put_back(self, subject: bytes | None = None) -> list[Head]:
        """Those of this resident, else all, who have had no turn yet, have none: who they are."""
        waiting = [*self._living.values(), *self._replayed.values()]
        gone = [head for head in waiting if subject in (None, head.subject)]
        for head in gone:
            del self._line_of(head)[head.id]
        return gone
