"""The journal of destroyed keys in memory, for tests that need no broker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from hub import bus, destroyed
from hub.bus import Batches, Incoming
from hub.config import Settings
from hub.destroyed import Erasure
from hub.errors import ProduceFailed


@dataclass
class Journal:
    """juki.erasures in memory. `failing`: a batch that is not acknowledged, though it is `late`ly there."""

    records: list[Incoming] = field(default_factory=list)
    failing: bool = False
    late: bool = False

    def stand_in(self, monkeypatch: pytest.MonkeyPatch) -> "Journal":
        """Let whoever reads or writes juki.erasures in this process meet this one."""
        monkeypatch.setattr(destroyed, "journal", self.read)
        monkeypatch.setattr(bus, "writer", self.writing)
        return self

    async def send(self, batches: Batches) -> None:
        if not self.failing or self.late:
            for (topic, part), sent in batches.items():
                self.records += [Incoming(topic, part, len(self.records), one.key, one.value, (), 0) for one in sent]
        if self.failing:
            raise ProduceFailed("not-acknowledged")

    async def read(self, _settings: Settings, _principal: str) -> list[Erasure]:
        return [destroyed.read(one) for one in self.records]

    @asynccontextmanager
    async def writing(self, _settings: Settings, _principal: str) -> AsyncIterator["Journal"]:
        yield self
