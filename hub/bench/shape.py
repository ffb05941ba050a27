"""Whether cost per output stays flat along an axis, and what it consists of where it does not. Pure.

A cost counts as flat while it is within a fifth of that of the point in the middle. Beyond it a straight line through
the points of the axis says what is paid once and what is paid again and again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

FLAT: Final = 0.2
NOISY: Final = 0.1
Step = Mapping[str, Any]
"""A point of an axis as it is kept: `at`, and the fields of a Cost."""
Document = Mapping[str, Any]

NAMES: Final = {"contracts": "contracts", "processes": "router processes", "partitions": "partitions",
                "change_bytes": "bytes of a change"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fit:
    """`fixed` + `slope` times x. `explains`: share of what differs between the points that lies on the line (R²)."""

    fixed: float
    slope: float
    explains: float = 1.0


def fit(pairs: Sequence[tuple[float, float]]) -> Fit:
    """The line of least squares; flat where all lie on one x."""
    count = len(pairs)
    mean_x, mean_y = sum(x for x, _ in pairs) / count, sum(y for _, y in pairs) / count
    spread = sum((x - mean_x) ** 2 for x, _ in pairs)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in pairs) / spread if spread else 0.0
    fixed, differs = mean_y - slope * mean_x, sum((y - mean_y) ** 2 for _, y in pairs)
    left = sum((y - fixed - slope * x) ** 2 for x, y in pairs)
    return Fit(fixed, slope, 1 - left / differs if differs else 0.0)


def cpu(step: Step) -> float:
    """Microseconds of processor per output, of routers and broker together."""
    return float(step["client_us"] + step["broker_us"])


def by_contracts(document: Document, cost: Callable[[Step], float] = cpu) -> Fit:
    """`fixed`: µs of an output. `slope`: µs of a change, which its outputs share."""
    return fit([(1 / step["at"], cost(step)) for step in document["axes"]["contracts"]])


def by_length(document: Document) -> Fit:
    """`fixed`: µs of an output whatever its length. `slope`: µs of a KiB that is written."""
    return fit([(step["record_bytes"] / 1024, cpu(step)) for step in document["axes"]["change_bytes"]])


def by_number(document: Document, axis: str) -> Fit:
    """`slope`: µs more per output with each process or partition."""
    return fit([(float(step["at"]), cpu(step)) for step in document["axes"][axis]])


def verdicts(document: Document) -> Iterator[str]:
    """For each axis where it is flat, where it is not, and why not; first, whether that can be known at all."""
    others = median(step["other"] for steps in document["axes"].values() for step in steps)
    if others > NOISY:
        yield f"other work took {others:.0%} of the machine at the median point: much of what differs may be its doing"
    for axis in document["axes"]:
        yield _verdict(document, axis)


def _verdict(document: Document, axis: str) -> str:
    steps, middle = document["axes"][axis], document["middle"][axis]
    times = times_middle(steps, middle)
    flat = [at for at, factor in times.items() if abs(factor - 1) <= FLAT]
    steep = {at: factor for at, factor in times.items() if at not in flat}
    said = f"{NAMES[axis]}: CPU per output within {FLAT:.0%} of that with {middle:,} at {_listed(flat)}"
    if not steep:
        return f"{said}: flat"
    beyond = _listed([f"{at:,} (x {factor:.2f})" for at, factor in steep.items()])
    return f"{said}; not at {beyond}: {_why(document, axis)}"


def times_middle(steps: Sequence[Step], middle: int) -> dict[int, float]:
    """By place on the axis how many times what the middle costs."""
    [base] = [cpu(step) for step in steps if step["at"] == middle]
    return {step["at"]: cpu(step) / base for step in steps}


def _listed(values: Sequence[object]) -> str:
    return ", ".join(f"{value:,}" if isinstance(value, int) else str(value) for value in values)


def _why(document: Document, axis: str) -> str:
    if axis == "contracts":
        one = by_contracts(document)
        return (f"a change costs {one.slope:.0f} µs before anybody is told of it (opened, checked, decided, its line "
                f"of the ledger), which its outputs share, and each output {one.fixed:.0f} µs{_sure(one)}")  # fmt: skip
    if axis == "change_bytes":
        one = by_length(document)
        return (f"{one.slope:.0f} µs for each KiB that is written and {one.fixed:.0f} µs whatever the length: what is "
                f"longer is more to read, seal, send and store{_sure(one)}")  # fmt: skip
    one = by_number(document, axis)
    if axis == "partitions":
        return (f"{8 * one.slope:+.1f} µs per output for every eight partitions more: the same changes lie in more and "
                f"smaller batches, each with its own checksum, acknowledgement and index{_sure(one)}")  # fmt: skip
    return (f"{one.slope:+.1f} µs per output for every process more: each polls and commits by itself, and beyond the "
            f"cores of the machine they take turns on them{_sure(one)}")  # fmt: skip


def _sure(one: Fit) -> str:
    return f" (a straight line explains {one.explains:.0%} of what differs)"


def table(document: Document) -> Iterator[str]:
    """A line per point, under a head for each axis."""
    for axis, steps in document["axes"].items():
        times = times_middle(steps, document["middle"][axis])
        yield (f"{NAMES[axis]:>18}  {'CPU µs/output':>13} {'routers':>8} {'broker':>8} {'x middle':>9} {'clock µs':>9} "
               f"{'outputs/s':>10} {'MB/router':>10} {'B/record':>9} {'others':>7}")  # fmt: skip
        for step in steps:
            yield (f"{step['at']:>18,}  {cpu(step):>13.1f} {step['client_us']:>8.1f} {step['broker_us']:>8.1f} "
                   f"{times[step['at']]:>9.2f} {step['wall_us']:>9.1f} {1e6 / step['wall_us']:>10,.0f} "
                   f"{step['memory_mb']:>10,.0f} {step['record_bytes']:>9,} {step['other']:>7.0%}")  # fmt: skip
