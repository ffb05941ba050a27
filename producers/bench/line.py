"""A line to measure: Kafka, PostgreSQL, a made-up city, then relay and router as processes; gone when it is left.

Its data folder is emptied first, if a measurement has made it, and its settings are its own: nothing of an installation
that runs beside it is touched.
"""

import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub import config, detached
from hub.bench.spent import cpu_seconds, family_seconds, peak_mb
from hub.bench.stand import emptied
from hub.config import Settings
from hub.demo.stage import Stage, until
from hub.members import Member
from producers.bench.room import size

PASSED_ON = ("HUB_POSTGRES_MEMORY_MB", "HUB_PARTITIONS", "HUB_LOG_LEVEL", "HUB_CONTRACTS", "HUB_KERNEL")
PROCESSES = {"relay": "relay", "router-0": "router"}


@dataclass(frozen=True, slots=True)
class Line:
    """What stands: its settings, and a stage for commands in its folder."""

    data: Path
    settings: Settings
    stage: Stage

    def routed(self) -> int:
        """How many Changes the router has committed since it began."""
        return int(self._figure("router-0", "hub_changes_routed_total"))

    def _figure(self, process: str, name: str) -> float:
        port = Member(process, (), self.data).port()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    def spent(self) -> dict[str, float]:
        """Seconds of processor of each part, since it began; the registry's and the hub's database are one server."""
        postgres = int((self.data / "postgres" / "postmaster.pid").read_text(encoding="ascii").split("\n", 1)[0])
        ours = {name: cpu_seconds([pid]) for name, pid in self._pids().items()}
        return {**ours, "PostgreSQL": family_seconds(postgres)}

    def peak_mb(self) -> dict[str, float]:
        """The most memory that each process has held."""
        return {name: peak_mb([pid]) for name, pid in self._pids().items()}

    def _pids(self) -> dict[str, int]:
        locks = {"broker": self.data / "kafka" / "broker.lock"} | {
            name: self.data / "run" / f"{name}.lock" for name in PROCESSES
        }
        return {name: detached.running(lock) or 0 for name, lock in locks.items()}

    def on_disk(self, server: str) -> int:
        """Bytes of the folder of a server, `kafka` or `postgres`."""
        return size(self.data / server)


@contextmanager
def line(  # noqa: PLR0913 - one line
    data: Path, residents: int, seed: int, say: Callable[[str], None], contracts: int = 0, mirror: bool = False
) -> Iterator[Line]:
    """The whole of it, with the city of `residents` and `seed` in its registry.

    `contracts`: so many made-up ones; `mirror`: which keep a copy of everybody.
    """
    data = data.resolve()
    stage = emptied(data, config.inherited(*PASSED_ON), contracts, mirror)
    try:
        say("servers")
        stage.run("up", "--no-processes")
        say(f"a city of {residents:,}")
        stage.run("city", "--residents", str(residents), "--seed", str(seed))
        for name, process in PROCESSES.items():
            _start(name, process, data, stage)
        own = {name: value for name, value in stage.environment.items() if name.startswith("HUB_")}
        yield Line(data, config.read(own | config.remembered(data)), stage)
    finally:
        stage.run("down")


def _start(name: str, process: str, data: Path, stage: Stage) -> None:
    member = Member(name, (sys.executable, "-m", "hub", "run", process), data)
    detached.start(member.lock, member.command, member.log, stage.environment)
    until(member.healthy, bool, name)

