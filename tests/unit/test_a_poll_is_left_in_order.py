"""Whoever ends the routing waits until the poll that is in hand is left: only then may its writer be stopped."""

import asyncio
from typing import Any

import pytest

from hub.lifecycle import Process
from hub.run import _route_until_stopped


class Router:
    """Its poll does not end; cancelled, it takes some rounds of the loop to abort."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.aborted = False

    async def once(self) -> int:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            self.aborted = True
        return 0


async def test_whoever_is_cancelled_has_aborted_the_poll_before_they_are_through() -> None:
    router: Any = Router()
    routing = asyncio.create_task(_route_until_stopped(router, Process("router")))
    await router.begun.wait()
    routing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await routing
    assert router.aborted
