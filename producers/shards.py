"""Which shards of the outbox are carried together, which by themselves, and which not now. Pure.

What little waits goes together: a lot costs the relay, the registry and the broker much the same with one row or with
ten. After a lot that was large, slow or failed each of its shards goes by itself, beside the others, until it was quick
and little: what one of them waits for, the others wait for in one lot and no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.patience import Patience
from producers.outbox import SHARDS

PLENTY = 250
"""Rows of a lot that is large: what is left will fill another."""

LATE_SECONDS = 0.5
"""After so long a lot is slow, and nobody waits for it any more."""

Lot = tuple[int, ...]
"""Shards that are carried together."""


@dataclass(slots=True)
class Shards:
    """What is known of them. Times in seconds, of one clock."""

    _in_hand: set[int] = field(default_factory=set)
    _apart: dict[int, Patience] = field(default_factory=dict)
    _rests_until: dict[int, float] = field(default_factory=dict)

    def free(self, at: float) -> Sequence[int]:
        """Those that are in nobody's hands, and have rested enough."""
        return [each for each in range(SHARDS) if each not in self._in_hand and self._rests_until.get(each, 0) <= at]

    def lots(self, waiting: Sequence[int]) -> Sequence[Lot]:
        """Of free shards on which rows wait, those that go together; they are in hand until `carried` or `failed`."""
        together = tuple(each for each in waiting if each not in self._apart)
        alone = [(each,) for each in waiting if each in self._apart]
        self._in_hand.update(waiting)
        return [*alone, together] if together else alone

    def carried(self, lot: Lot, rows: int, seconds: float) -> None:
        """It took so long. Where another process had all of it (no rows) nothing is known better than before."""
        self._in_hand.difference_update(lot)
        for each in lot:
            if seconds >= LATE_SECONDS or rows >= PLENTY:
                self._apart.setdefault(each, Patience())
            elif rows:
                self._apart.pop(each, None)

    def failed(self, lot: Lot, at: float) -> None:
        """They rest, each time in a row for longer, but never for more than five seconds."""
        self._in_hand.difference_update(lot)
        for each in lot:
            self._rests_until[each] = at + self._apart.setdefault(each, Patience()).rest()
