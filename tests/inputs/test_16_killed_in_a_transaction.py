"""Input 16: a router is killed at each place of its transaction, and its successor tells everything once, in order."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from tests.inputs import freezing
from tests.integration.test_router_on_kafka import Line, gapless
from tests.processes import Processes

pytestmark = pytest.mark.faults


@pytest.mark.trap("input-16", "A1", "A4", "A20")
@pytest.mark.parametrize("point", freezing.POINTS)
async def test_a_router_killed_anywhere_in_a_transaction_leaves_all_of_it_or_nothing(
    line: Line, tmp_path: Path, point: str
) -> None:
    processes = Processes(line.world.env, tmp_path)
    await line.publish(20)
    processes._start("killed", [sys.executable, str(Path(freezing.__file__)), "SIGKILL", point, "run", "router"])
    killed = processes.running["killed"]
    try:
        assert await asyncio.to_thread(killed.wait, 60) == -signal.SIGKILL
    finally:
        killed.kill()
    told = len(await line.told("child-policy"))
    assert (told > 0) == (point == "committed")
    async with line.slot() as successor, asyncio.timeout(60):
        while (told := len(await line.told("child-policy"))) < 20:
            await successor.once()
    await gapless(line, "child-policy", 20)
