"""How measured delays are told: as lines for people, and as one document that can be kept."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from producers.bench.delays import Delays
from producers.bench.latency import Compared
from producers.bench.straight import RAW_BYTES


def document(found: Compared) -> dict[str, Any]:
    """Every figure, `raw` being that of the broker alone."""
    return asdict(found) | {"times_raw": found.times_raw, "times_beside": found.times_beside}


def lines(found: Compared) -> Iterator[str]:
    """One after the other."""
    yield f"{found.per_second} changes/s, {found.contracts} contracts"
    yield _line("commit to readable", found.changes)
    yield _line("produce to readable, alone", found.raw)
    yield _line("produce to readable, beside", found.beside)
    yield "of a change on its way, by the stamps of its records, to the millisecond:"
    yield from (_line(f"  {name}", one) for name, one in found.legs.items())
    yield from _explained(found)


def _line(name: str, one: Delays) -> str:
    return (f"{name:28}{one.count:>9,} records  p50 {one.p50:7.1f} ms  p99 {one.p99:7.1f} ms  "
            f"longest {one.longest:7.1f} ms")  # fmt: skip


def _explained(found: Compared) -> Iterator[str]:
    yield f"the broker's own: records of {RAW_BYTES:,} bytes straight to it, without a transaction, acknowledged by all"
    yield "  alone: as many on the same topics, in turns of their own, while nothing else runs"
    yield "  beside: a few on a topic of their own, from a process of their own, while changes are on their way"
    yield "arrivals are noted by processes that only read; a change counts from when its COMMIT is sent"
    yield (f"p99 of a change is {found.times_raw:.2f} times the broker's own alone, and {found.times_beside:.2f} times "
           "what it is beside the changes")  # fmt: skip
