"""Who waits in quarantine, remembered: each record of the topic is read once by a process, and its content never kept.

The topic keeps everything for ever, so what was read stays true, and only what has come since is read. Of a letter the
listing needs its place, key, code and time; what lies sealed in it is let go poll by poll. Of those who ask at once,
one reads and the others wait for it. Where the topic ends before what was read, it is another one: read from the
beginning.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from hub import bus, topics
from hub.acts import Release
from hub.config import Settings
from hub.errors import UsageError
from hub.quarantine import Line, Lines
from hub.wanted import DESK


class Listing:
    """The lines of one process."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()
        self._lines = Lines()
        self._read: dict[int, int] = {}

    async def lines(self, settings: Settings) -> list[Line]:
        """Who waits now. The letters are without their content."""
        async with self._one_at_a_time, _reader(settings) as reader:
            ends = await reader.ends()
            if any(ends[part] < upto for part, upto in self._read.items()):
                self._lines, self._read = Lines(), {}
            await reader.seek({part: self._read.get(part) for part in ends})
            async for records in reader.to_end():
                for record in records:
                    self._lines.add(record._replace(value=None))
                    self._read[record.partition] = record.offset + 1
            return self._lines.now()

    @staticmethod
    def check(release: Release, found: Sequence[Line]) -> None:
        """UsageError where no line has this letter and all that are to be discarded."""
        wanted = {release.letter, *release.discarded}
        if not any(line.partition == release.partition and wanted <= {*line.offsets} for line in found):
            raise UsageError("no-such-letter", f"partition {release.partition} offset {release.letter}")


def _reader(settings: Settings) -> AbstractAsyncContextManager[Any]:
    return bus.reader(settings, DESK, topics.quarantine(settings.prefix), range(settings.partitions))
