"""Input 17: a router is stopped inside an open transaction for longer than anybody waits for it, and then goes on."""

import asyncio
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.inputs import freezing
from tests.integration.test_router_on_kafka import Line, drained, gapless
from tests.processes import Processes, until

pytestmark = pytest.mark.faults

STATE = 2
"""The field of /proc/<pid>/stat that is T for a stopped process."""


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[STATE]


async def asleep(pid: int) -> None:
    async def state() -> str:
        return state_of(pid)

    await until(state, lambda seen: seen == "T", "the router to stop")


@pytest.mark.trap("input-17", "A4", "A6", "A20")
async def test_a_stopped_router_holds_nobody_back_and_is_fenced_when_it_goes_on(line: Line, tmp_path: Path) -> None:
    processes = Processes(line.world.env, tmp_path)
    await line.publish(20)
    processes._start("frozen", [sys.executable, str(Path(freezing.__file__)), "SIGSTOP", "offsets", "run", "router"])
    frozen = processes.running["frozen"]
    try:
        await asleep(frozen.pid)
        assert await line.told("child-policy") == []
        begun = time.monotonic()
        async with line.slot() as successor:
            await drained(successor, 20)
        await gapless(line, "child-policy", 20)
        assert time.monotonic() - begun < 5
    finally:
        frozen.send_signal(signal.SIGCONT)
    ended = await asyncio.to_thread(frozen.wait, 60)
    assert (ended, "slot-lost" in processes.logs()) == (1, True)
    await gapless(line, "child-policy", 20)
