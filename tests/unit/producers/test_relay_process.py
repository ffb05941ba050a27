"""A shard that stands still, whatever it waits for, begins again in time; nobody else waits for it."""

import asyncio
from typing import Any

import pytest

from hub.lifecycle import Process
from producers import relay_process


class Relay:
    """Its first attempt waits for something that never comes."""

    shard = 0

    def __init__(self, process: Process) -> None:
        self.attempts = 0
        self._process = process

    async def carry(self) -> int:
        self.attempts += 1
        if self.attempts == 1:
            await asyncio.Event().wait()
        self._process.stopping.set()
        return 0


@pytest.mark.trap("A3")
async def test_an_attempt_that_hangs_is_given_up_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_process, "CARRY_SECONDS", 0.05)
    process = Process("relay")
    relay: Any = Relay(process)
    async with asyncio.timeout(10):
        await relay_process.carry_on(process, relay, asyncio.Event())
    assert relay.attempts == 2
