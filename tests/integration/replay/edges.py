"""The edges of a desk to replay from: topics in memory, read and written; a counterpart that does as it is told."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from consumers.adapters.http import Settings as Adapted
from consumers.disclosure import Disclosure
from hub.bus import Batches, Incoming
from hub.errors import ProduceFailed
from hub.outcome import Deferred, Delivered, Outcome, Refused
from tests.fakes import MemoryBroker

PARTITIONS = 4


class Reader:
    """A Reader of one topic in memory, with seeking."""

    def __init__(self, broker: MemoryBroker, topic: str) -> None:
        self._broker, self._topic = broker, topic
        self.at = dict.fromkeys(range(PARTITIONS), 0)

    async def seek(self, positions: Mapping[int, int | None]) -> None:
        self.at |= {part: offset or 0 for part, offset in positions.items()}

    async def poll(self, max_records: int = 2000, timeout_ms: int = 0) -> list[Incoming]:
        found: list[Incoming] = []
        for part, start in self.at.items():
            stored = self._broker.records.get((self._topic, part), [])[start : start + max_records]
            self.at[part] += len(stored)
            found += [Incoming(self._topic, part, start + n, one.key, one.value, one.headers, one.timestamp_ms)
                      for n, one in enumerate(stored)]  # fmt: skip
        return found

    async def to_end(self) -> AsyncGenerator[list[Incoming], None]:
        while found := await self.poll():
            yield found


@dataclass
class Writer:
    """A Writer to topics in memory; `failing` refuses that many batches, after having written them if `late`."""

    broker: MemoryBroker
    failing: int = 0
    late: bool = False

    async def send(self, batches: Batches) -> None:
        if self.failing and not self.late:
            self.failing -= 1
            raise ProduceFailed("not-acknowledged")
        for (topic, part), records in batches.items():
            self.broker.put(topic, part, *records)
        if self.failing:
            self.failing -= 1
            raise ProduceFailed("not-acknowledged")


@dataclass
class Anybody:
    """A counterpart in memory: refuses who is in `refusing`, takes all others, and an id twice without effect."""

    taken: list[Disclosure] = field(default_factory=list)
    refusing: dict[str, str] = field(default_factory=dict)
    known: set[UUID] = field(default_factory=set)
    repeats: int = 0
    down: bool = False
    identifier: str = "juminhyo_code"
    settings: Any = field(default_factory=lambda: Adapted(path="/"))

    def resting(self, _said: Disclosure, _now: datetime) -> float:
        return 0.0

    async def hand_over(self, _line: Any, said: Disclosure) -> Outcome:
        if self.down:
            return Deferred("unreachable")
        if said.id in self.known:
            self.repeats += 1
            return Delivered("again")
        if code := self.refusing.get(str(said.items[self.identifier])):
            return Refused(f"counterpart-{code}")
        self.taken.append(said)
        self.known.add(said.id)
        return Delivered(f"R-{len(self.taken)}")
