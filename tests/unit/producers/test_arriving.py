"""The process that notes arrivals: it reads as many as were announced, waits within bounds, and fails aloud."""

from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

from hub.bus import Incoming
from hub.config import Settings
from hub.errors import DependencyUnavailable, JukiError
from producers.bench import arriving
from producers.bench.straight import _key

RECORD = Incoming("t", 0, 0, b"k", None, (), 1000)


class Polls:
    """A Reader of so many records a poll."""

    def __init__(self, *counts: int) -> None:
        self._counts = iter(counts)

    async def poll(self, timeout_ms: int) -> list[Incoming]:
        return [RECORD] * next(self._counts)


async def read(*counts: int, count: int) -> list[int]:
    reader: Any = Polls(*counts)
    return [len(records) for _, records in await arriving._read(reader, count)]


async def test_it_reads_until_as_many_have_come_as_were_announced() -> None:
    assert await read(2, 0, 1, 4, 9, count=5) == [2, 0, 1, 4]


async def test_where_nothing_comes_for_too_long_that_is_an_error() -> None:
    nothing = [0] * arriving._PATIENCE
    assert await read(*nothing, 1, *nothing, 1, count=2) == [*nothing, 1, *nothing, 1]
    with pytest.raises(JukiError, match="waited-too-long"):
        await read(1, *nothing, 0, count=2)


async def test_what_the_process_fails_with_is_raised_where_it_was_started(tmp_path: Path) -> None:
    settings, feed = Settings(data=tmp_path), arriving.Feed("a", arriving.ADMIN, "t")
    with pytest.raises(DependencyUnavailable, match="no-credentials"):
        async with arriving.arriving(settings, [feed], _key, 1):
            pytest.fail("it was never in place")


async def test_a_process_that_is_gone_is_not_waited_for() -> None:
    ours, theirs = Pipe(duplex=False)
    theirs.close()
    with pytest.raises(JukiError, match="reading-ended"):
        await arriving._told(ours)
