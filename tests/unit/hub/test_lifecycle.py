"""A process says how it is: as well as the loop that is behind most."""

import asyncio

from consumers.process import kept_up
from hub.lifecycle import FRESH_SECONDS, Process


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_process_is_as_old_as_its_start_until_a_loop_beats() -> None:
    clock = Clock()
    process = Process("deliver", clock)
    clock.now += 7
    assert process.age == 7


def test_a_process_is_starting_until_a_loop_beats_and_not_for_ever() -> None:
    clock = Clock()
    begun, never = Process("relay", clock), Process("ledger", clock)
    assert begun.status == "starting"
    begun.beat()
    assert begun.status == "ok"
    clock.now += FRESH_SECONDS
    assert (begun.status, never.status) == ("stalled", "stalled")


def test_one_loop_that_stands_still_is_not_hidden_by_the_others() -> None:
    clock = Clock()
    process = Process("deliver", clock)
    process.beat("hand-over")
    for _ in range(4):
        clock.now += FRESH_SECONDS / 4
        process.beat("receiving")
    assert process.age == FRESH_SECONDS


def test_the_slowest_of_the_living_loops_counts() -> None:
    clock = Clock()
    process = Process("deliver", clock)
    process.beat("receiving")
    clock.now += 2
    process.beat("hand-over")
    clock.now += 3
    assert process.age == 5


async def test_a_loop_that_hangs_in_its_first_turn_is_noticed() -> None:
    clock, reached = Clock(), asyncio.Event()
    process = Process("deliver", clock)

    async def hang() -> None:
        reached.set()
        await asyncio.Event().wait()

    hanging = asyncio.create_task(kept_up(process, "hand-over", hang))
    await asyncio.wait_for(reached.wait(), 10)
    clock.now += FRESH_SECONDS
    process.beat("receiving")
    age = process.age
    hanging.cancel()
    assert age == FRESH_SECONDS
