"""When to try again: a back-off per disclosure, and one circuit breaker per counterpart. Pure; times are seconds.

The breaker opens after some hand-overs in a row that were deferred, whatever the resident, because then the fault is
the counterpart's and not a disclosure's. While it is open nothing is handed over; from time to time one probe is. The
first answer of any kind closes it.
"""

from collections.abc import Callable
from dataclasses import dataclass

Jitter = Callable[[float, float], float]


@dataclass(frozen=True, slots=True)
class BackOff:
    """Exponential, with full jitter in its upper half. Seconds."""

    first: float = 0.5
    largest: float = 30.0

    def seconds(self, attempts: int, jitter: Jitter) -> float:
        """How long to wait after `attempts` attempts that were deferred."""
        full = min(self.largest, self.first * 2 ** min(attempts - 1, 32))
        return jitter(full / 2, full)


class Breaker:
    """Closed at first. `threshold`: deferrals in a row that open it."""

    def __init__(self, jitter: Jitter, threshold: int = 5, pause: BackOff | None = None) -> None:
        self._jitter = jitter
        self._threshold = threshold
        self._pause = pause or BackOff(first=0.5, largest=10.0)
        self._failures = 0
        self._until: float | None = None

    @property
    def is_open(self) -> bool:
        return self._until is not None

    def wait(self, now: float) -> float:
        """Seconds until something may be tried; 0 where it may be now."""
        return max(0.0, self._until - now) if self._until is not None else 0.0

    def failed(self, now: float) -> None:
        """A hand-over was deferred."""
        self._failures += 1
        if self._failures >= self._threshold:
            self._until = now + self._pause.seconds(self._failures - self._threshold + 1, self._jitter)

    def answered(self) -> bool:
        """The counterpart spoke; whether this closes an open breaker."""
        was_open = self.is_open
        self._failures, self._until = 0, None
        return was_open
