"""The service manager: starts what has ended, a moment later, whatever it ended of; and counts that."""

import asyncio
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.faults.chaos.schedule import CORE, SLOTS
from tests.forked import Begun
from tests.processes import KINDS, Processes

RESTART_SECONDS = 1.0
STOP_SECONDS = 20.0
CLOCKED = Path(__file__).with_name("clocked.py")


class Keeper(Processes):
    """All processes of the hub and the stand-ins of the counterparts."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        super().__init__(environment, folder)
        self.ended: Counter[str] = Counter()
        self._commands: dict[str, list[str]] = {}
        self._due: dict[str, float] = {}
        self.resting: set[str] = set()
        """Who is not to be started for the time being."""

    def standins(self) -> None:
        """The counterparts, which listen where they did and know again after a restart what they knew."""
        super().standins(options={kind: ("--state", str(self.folder / f"{kind}.journal")) for kind in KINDS})
        for kind, url in self.urls.items():
            self._commands[kind] += ["--port", url.rsplit(":", 1)[1]]

    def hub(self, name: str, *arguments: str) -> None:
        """`jukihub run <arguments>` with a clock of its own."""
        self._start(name, [str(CLOCKED), str(self.clock(name)), "run", *arguments])

    def all(self, *besides: str) -> None:
        """Two routers, and everything else once; `besides`: what not every Book has work for."""
        for name in (*CORE, *besides):
            self.hub(name, *_arguments(name))

    def clock(self, name: str) -> Path:
        """The file that makes the clock of a process jump."""
        return self.folder / f"{name}.clock"

    def signal(self, name: str, number: int) -> Begun:
        """Send a signal to the process that now has the name."""
        process = self.running[name]
        process.send_signal(number)
        return process

    def replace(self, name: str) -> Begun:
        """Start a successor beside a process that seems to be gone; the predecessor, which nobody keeps any more."""
        elder = self.running[name]
        self._start(name, self._commands[name])
        return elder

    def crashed(self) -> list[str]:
        """Who has ever ended of an error that it did not know."""
        logs = sorted(self.folder.glob("*.log"))
        return [log.stem for log in logs if "Traceback" in log.read_text(encoding="utf-8", errors="replace")]

    async def keep(self) -> None:
        """Look after everybody until cancelled."""
        while True:
            for name, process in [*self.running.items()]:
                self._look_after(name, process)
            await asyncio.sleep(0.1)

    def stop(self) -> None:
        """End all, by force where one takes too long."""
        for process in self.running.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        until = time.monotonic() + STOP_SECONDS
        for process in self.running.values():
            try:
                process.wait(timeout=max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()

    def _look_after(self, name: str, process: Begun) -> None:
        if process.poll() is None:
            return
        now = time.monotonic()
        if name not in self._due:
            self.ended[f"{name} ({process.returncode})"] += 1
            self._due[name] = now + RESTART_SECONDS
        elif now >= self._due[name] and name not in self.resting:
            del self._due[name]
            self._start(name, self._commands[name])

    def _start(self, name: str, words: list[str]) -> None:
        self._commands[name] = words
        super()._start(name, words)


def _arguments(name: str) -> list[str]:
    if name in SLOTS:
        return ["router", "--slot", name[-1], "--slots", str(len(SLOTS))]
    if name == "pull":
        return [name, "--port", "0"]
    return ["deliver", "--contract", name.removeprefix("deliver-")] if name.startswith("deliver-") else [name]
