"""How many decisions one core takes per second: one change against every contract of the Book counts as that many."""

import time
from dataclasses import dataclass

from contracts.book import Book
from contracts.change import parse
from contracts.decide import decide
from hub.bench.sample import changes


@dataclass(frozen=True, slots=True)
class Measured:
    """`decisions` taken in `seconds` of one core; `parse_us`: microseconds for the door, per change."""

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
    begun = time.perf_counter()
    read = [parse(line) for line in lines]
    parsed = time.perf_counter()
    for change in read:
        on = change.day
        for contract in book.contracts.values():
            decide(change, contract, on)
    ended = time.perf_counter()
    return Measured(count * len(book.contracts), ended - parsed, (parsed - begun) / count * 1e6)
