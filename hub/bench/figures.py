"""What a repository keeps of a measurement, and what it is now: for people to look at before and after a change. Pure.

How fast the router is beside the limit of the same broker travels from one machine to another. Its CPU per output does
not: it is compared with what the same machine said before.
"""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from hub.bench.table import LIMIT, OURS, Run, of, ratio

SLOWER: Final = 0.9
"""Below this share of what is kept it is said aloud. Nothing fails: a busy machine is slower too."""
_COST: Final = "CPU µs per output"


def figures(runs: Sequence[Run]) -> dict[str, float]:
    """By name what these runs come to, as it is kept."""
    found: dict[str, float] = {}
    for name in OURS:
        if own := of(name, runs):
            found[f"{name}: {_COST}"] = round(median(run.client_seconds / run.outputs * 1e6 for run in own), 1)
        if (speed := ratio(name, LIMIT, runs)) is not None:
            found[f"{name}: ratio to limit"] = round(speed.median, 4)
    return found


def compared(kept: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
    """A line for each figure that is kept and was measured: kept, now, and how many times as good."""
    return [_line(name, kept[name], now[name]) for name in kept if name in now]


def _line(name: str, kept: float, now: float) -> str:
    better = kept / now if name.endswith(_COST) else now / kept
    said = "  slower" if better < SLOWER else ""
    return f"{name:26}  kept {kept:8.3f}  now {now:8.3f}  x {better:.2f}{said}"
