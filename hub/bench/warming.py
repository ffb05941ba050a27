"""A broker that has run for a while: what it does is compiled, so that whoever comes first does not pay for it.

Nothing of this counts. Records without transactions as the limit writes them, then whole runs of a router, until one
of them costs the broker about what the one before has cost.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from hub.bench import limit
from hub.bench.stand import Stand
from hub.bench.table import Run

ENOUGH: Final = 0.85
"""Of what the run before has cost the broker: below this share it was still getting warm."""
MOST: Final = 4
"""Runs; on a machine with other work one may never be like the one before."""


async def warmed(stand: Stand, run: Callable[[], Awaitable[Run]], say: Callable[[str], None]) -> None:
    """Warm the broker of `stand` with `run`s."""
    say("the broker gets warm")
    await limit.load(stand)
    costs: list[float] = []
    while len(costs) < MOST and not _settled(costs):
        costs.append((await run()).broker_seconds)
    say("CPU seconds of the broker, run by run: " + ", ".join(f"{cost:.1f}" for cost in costs))


def _settled(costs: list[float]) -> bool:
    return len(costs) > 1 and costs[-1] >= costs[-2] * ENOUGH
