"""Servers to measure on: a Kafka and a PostgreSQL of one's own, with topics of one's own for every run.

The data folder is emptied first, if a measurement has made it; nothing of an installation that runs beside it is
touched, and no key of one is used.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.book import Book, load
from hub import bus, config, detached, topics
from hub.bench import subscribers
from hub.broker_admin import Broker
from hub.config import Settings
from hub.demo import folder
from hub.demo.stage import Stage
from hub.errors import JukiError
from hub.wanted import wanted

PREFIX: Final = "bench"
BROKER_MB: Final = 1024
"""Heap of the broker, as a city would give it: so much that it runs with the full compiler, as one does that stays."""
PASSED_ON: Final = ("HUB_POSTGRES_MEMORY_MB", "HUB_PARTITIONS", "HUB_LOG_LEVEL")
LOOK_SECONDS: Final = 0.05
"""Between two looks at what is committed; each costs the broker less than a millisecond."""
_PATIENCE: Final = 600.0
_STOP_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Stand:
    """What stands. `environment`: for processes of the hub that work on it."""

    data: Path
    settings: Settings
    environment: Mapping[str, str]
    book: Book

    def broker(self) -> Broker:
        """The broker, seen by its administrator."""
        return Broker(self.settings.kafka, self.settings.secrets_dir)

    def broker_pid(self) -> int:
        """The broker's process number; 0 where it has ended."""
        return detached.running(self.data / "kafka" / "broker.lock") or 0

    async def committed(self, group: str, wanted: Mapping[int, int]) -> float:
        """When `group` had committed all Changes up to these offsets, by the clock of time.perf_counter."""
        topic, until = topics.changes(self.settings.prefix), time.monotonic() + _PATIENCE
        await bus.committed(self.settings, "admin", group)  # waits for a broker that has just started
        async with bus.progress(self.settings, "admin", group) as ask:
            while time.monotonic() < until:
                found, seen = await ask(), time.perf_counter()
                if all(found.get((topic, part), 0) >= end for part, end in wanted.items()):
                    return seen
                await asyncio.sleep(LOOK_SECONDS)
        raise JukiError("waited-too-long", group)

    @asynccontextmanager
    async def topics(self) -> AsyncIterator[None]:
        """Empty topics for the length of the block, and nothing that a group has committed before."""
        prefix = self.settings.prefix
        await self._forgotten(topics.router_group(prefix))
        self.broker().apply(wanted(self.book, self.settings), prefix)
        try:
            yield
        finally:
            self.broker().forget(prefix)

    async def _forgotten(self, group: str) -> None:
        until = time.monotonic() + _PATIENCE
        while await bus.committed(self.settings, "admin", group):
            if time.monotonic() > until:
                raise JukiError("waited-too-long", group)
            await asyncio.sleep(LOOK_SECONDS)

    def _lock(self, name: str) -> Path:
        return self.data / "run" / f"{name}.lock"

    def is_running(self, name: str) -> bool:
        """Whether the process of this name has not ended."""
        return detached.running(self._lock(name)) is not None

    @contextmanager
    def running(self, name: str, command: list[str], more: Mapping[str, str] | None = None) -> Iterator[int]:
        """A process for the length of the block; its number. Its output is in log/<name>.log. `more`: for it alone."""
        lock, log = self._lock(name), self.data / "log" / f"{name}.log"
        log.unlink(missing_ok=True)
        detached.start(lock, command, log, {**self.environment, **(more or {})})
        try:
            yield detached.running(lock) or 0
        finally:
            detached.stop(lock, _STOP_SECONDS)


def emptied(data: Path, environment: Mapping[str, str], contracts: int, mirror: bool = False) -> Stage:
    """A stage in `data`, emptied if a measurement has made it. `contracts`: made-up ones of its Book; 0: the one set.

    What still runs there is ended first, with the Book that is set: what lies there may have had another one, or none.
    """
    own = {**environment, "HUB_DATA": str(data), "HUB_KAFKA_MEMORY_MB": str(BROKER_MB)}
    folder.make(data, lambda: Stage(own).run("down"))
    if not contracts:
        return Stage(own)
    return Stage(own | {"HUB_CONTRACTS": str(subscribers.write(data / "contracts", contracts, mirror))})


@contextmanager
def servers(data: Path, contracts: int, say: Callable[[str], None]) -> Iterator[Stand]:
    """Both servers, with a Book of `contracts` made-up contracts; 0: the shipped one."""
    data = data.resolve()
    stage = emptied(data, config.inherited(*PASSED_ON) | {"HUB_PREFIX": PREFIX}, contracts)
    try:
        say("servers")
        stage.run("up", "--no-processes")
        own = {name: value for name, value in stage.environment.items() if name.startswith("HUB_")}
        settings = config.read(own | config.remembered(data))
        Broker(settings.kafka, settings.secrets_dir).forget(PREFIX)
        yield Stand(data, settings, stage.environment, load(settings.contracts))
    finally:
        stage.run("down")
