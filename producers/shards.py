"""Which shards of the outbox are carried together, which by themselves, and which not now. Pure.

What little waits goes together: a lot costs the relay, the registry and the broker much the same with one row or with
ten. A shard on which much waits goes by itself, beside the others. So does one that has failed, until it works again:
what it waits for, nobody else waits for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.patience import Patience
from producers.outbox import SHARDS

PLENTY = 250
"""Rows on a shard from which on it fills a lot by itself."""

Lot = tuple[int, ...]
"""Shards that are carried together."""


@dataclass(slots=True)
class Shards:
    """What is known of them. Times in seconds, of one clock."""

    _in_hand: set[int] = field(default_factory=set)
    _failing: dict[int, Patience] = field(default_factory=dict)
    _rests_until: dict[int, float] = field(default_factory=dict)

    def free(self, at: float) -> Sequence[int]:
        """Those that are in nobody's hands, and have rested enough."""
        return [each for each in range(SHARDS) if each not in self._in_hand and self._rests_until.get(each, 0) <= at]

    def lots(self, waiting: Mapping[int, int]) -> Sequence[Lot]:
        """Of free shards on which so many rows wait, those that go together; they are in hand until `ended`."""
        alone = [each for each, rows in waiting.items() if rows >= PLENTY or each in self._failing]
        together = tuple(each for each in waiting if each not in alone)
        self._in_hand.update(waiting)
        return [*((each,) for each in alone), *([together] if together else [])]

    def ended(self, lot: Lot) -> None:
        """It is in hand no more."""
        self._in_hand.difference_update(lot)

    def worked(self, lot: Lot) -> None:
        """What failed on these is over."""
        _forget(self._failing, lot)
        _forget(self._rests_until, lot)

    def failed(self, lot: Lot, at: float) -> None:
        """They rest, each time in a row for longer, but never for more than five seconds."""
        for each in lot:
            rest = self._failing.setdefault(each, Patience()).rest()
            self._rests_until[each] = at + rest


def _forget(known: dict[int, Patience] | dict[int, float], lot: Iterable[int]) -> None:
    for each in lot:
        known.pop(each, None)
