"""How long a process rests before it begins again: longer after each failure in a row, and never so long as to be late.

Each rest is up to twice as long as the one before, up to `most`, with jitter, so that processes which failed together
do not come back together. Work that went on for longer than `most` before it failed was a success: what comes after it
is a new trouble, and the first rest is short again.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

FIRST_SECONDS, MOST_SECONDS = 0.2, 5.0
_ENOUGH = 16
"""Doublings after which any rest is the longest."""


@dataclass(slots=True)
class Patience:
    """`clock` in seconds; `dice` gives 0 to 1: a rest is half to all of what it may be."""

    first: float = FIRST_SECONDS
    most: float = MOST_SECONDS
    clock: Callable[[], float] = time.monotonic
    dice: Callable[[], float] = random.random
    _failures: int = 0
    _since: float | None = field(default=None)

    def at_work(self) -> None:
        """What was begun is there and works; called again while it does, it changes nothing."""
        self._since = self.clock() if self._since is None else self._since

    def rest(self) -> float:
        """It has failed: the seconds to wait before beginning again."""
        if self._since is not None and self.clock() - self._since > self.most:
            self._failures = 0
        longest = min(self.first * float(1 << min(self._failures, _ENOUGH)), self.most)
        self._failures, self._since = self._failures + 1, None
        return longest * (1 + self.dice()) / 2
