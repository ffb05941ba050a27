"""What goes to the topics at a steady rate, kept whether or not what went before is through.

Who waits for the slow ones measures the quick ones. When each has arrived is for others to note (`arriving`).
"""

import asyncio
import time
from collections.abc import Coroutine, Iterator
from typing import Final

from producers.bench.delays import Began, Begun

WARM_SECONDS: Final = 5.0
"""Of each turn, which do not count."""


async def at_rate(each: Iterator[Coroutine[None, None, Began]], per_second: float, count: int) -> Begun:
    """Begin one at each tick, whatever has become of those before; then wait until all of them have begun."""
    started, several = time.time(), list[asyncio.Task[Began]]()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(0.0, started + number / per_second - time.time()))
            several.append(group.create_task(next(each)))
    return Begun([one.result() for one in several], started + WARM_SECONDS)
