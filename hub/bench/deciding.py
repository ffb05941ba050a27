"""How many decisions one core takes per second: one change against every contract of the Book counts as that many.

Nothing here waits for anything, so seconds are those of the processor, not of the wall: other work on the machine slows
a core down, and is not counted as if this one had been busy.
"""

import time
from dataclasses import dataclass

from contracts.book import Book
from contracts.change import parse
from contracts.decide import decide
from hub.bench.sample import changes


@dataclass(frozen=True, slots=True)
class Measured:
    """`decisions` of `contracts` taken in `seconds` of one core; `parse_us`: microseconds for the door, per change."""

    contracts: int
    decisions: int
    seconds: float
    parse_us: float

    @property
    def per_second(self) -> float:
        """Decisions per second."""
        return self.decisions / self.seconds


def measure(book: Book, count: int) -> Measured:
    """Read `count` changes through the door, then decide each for every contract; the two are timed apart."""
    lines = [line for _, line in changes(count)]
    begun = time.process_time()
    read = [parse(line) for line in lines]
    parsed = time.process_time()
    for change in read:
        on = change.day
        for contract in book.contracts.values():
            decide(change, contract, on)
    ended = time.process_time()
    return Measured(len(book.contracts), count * len(book.contracts), ended - parsed, (parsed - begun) / count * 1e6)
