"""Real processes of the hub and stand-ins for tests: started, killed, started again, their logs kept."""

import asyncio
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tests import forked
from tests.forked import Begun, Done

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("prefecture", "intermediate-server", "convenience-store")
PATIENCE_SECONDS = 90.0

T = TypeVar("T")


async def until(look: Callable[[], Awaitable[T]], enough: Callable[[T], bool], what: str) -> T:
    """What `look` sees once it is `enough`; a failed test that names what was waited for otherwise."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not enough(seen := await look()):
        if time.monotonic() > end:
            raise AssertionError(f"waited too long for {what}: {seen}")
        await asyncio.sleep(0.1)
    return seen


def asked(url: str, path: str = "") -> Any:
    with urllib.request.urlopen(url + path, timeout=60) as answer:
        return json.load(answer)


def text_of(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def ordered(url: str, **fault: Any) -> None:
    instructed(url + "/control", fault)


def instructed(url: str, content: Any) -> None:
    """Use one of the instruments of a stand-in."""
    request = urllib.request.Request(url, data=json.dumps(content).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10):
        pass


def said(file: Path, seconds: float = PATIENCE_SECONDS) -> Any:
    """What a process writes into `file` once it listens."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return json.loads(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            time.sleep(0.05)
    raise AssertionError(f"{file.name} was not written")


class Processes:
    """Everything that one test has started; ended with it."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.environment = dict(environment)
        self.folder = folder
        self.running: dict[str, Begun] = {}
        self.urls: dict[str, str] = {}

    def standins(self, kinds: Sequence[str] = KINDS, options: Mapping[str, Sequence[str]] | None = None) -> None:
        """Three counterparts, or all of `kinds`; HUB_COUNTERPARTS names them. `options`: further words for a kind."""
        script, files = str(ROOT / "infra" / "counterparts" / "standin.py"), {}
        for kind in kinds:
            files[kind] = self.folder / f"{kind}.json"
            words = ["--kind", kind, "--port", "0", "--run-file", str(files[kind]), *(options or {}).get(kind, ())]
            self._start(kind, [script, *words])
        for kind, file in files.items():
            self.urls[kind] = f"http://127.0.0.1:{said(file)['port']}"
        self.environment["HUB_COUNTERPARTS"] = ",".join(f"{kind}={url}" for kind, url in self.urls.items())

    def hub(self, name: str, *arguments: str) -> None:
        """`jukihub run <arguments>` under `name`."""
        self._start(name, ["-m", "hub", "run", *arguments])

    def all(self) -> None:
        self.hub("relay", "relay")
        self.hub("router", "router")
        self.hub("ledger", "ledger")
        for kind in KINDS:
            self.hub(f"deliver-{kind}", "deliver", "--contract", kind)

    def command(self, *arguments: str, given: str = "", **environment: str) -> Done:
        """`jukihub <arguments>`, to its end."""
        return forked.run(["-m", "hub", *arguments], {**self.environment, **environment}, self.folder, given)

    def beginning(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """`jukihub <arguments>`, not waited for."""
        return subprocess.Popen(
            [sys.executable, "-m", "hub", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**self.environment, **environment}, cwd=self.folder,
        )  # fmt: skip

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        process = self.running.pop(name)
        process.send_signal(number)
        process.wait(timeout=30)

    def stop(self) -> None:
        for name in reversed([*self.running]):
            self.running[name].terminate()
        for name in [*self.running]:
            try:
                self.running.pop(name).wait(timeout=20)
            except subprocess.TimeoutExpired:
                raise AssertionError(f"{name} does not end") from None

    def logs(self) -> str:
        return "".join(file.read_text(encoding="utf-8") for file in sorted(self.folder.glob("*.log")))

    def port(self, name: str) -> int:
        data = Path(self.environment["HUB_DATA"])
        return int(said(data / "run" / f"{name}.json")["port"])

    def _start(self, name: str, words: list[str]) -> None:
        log = self.folder / f"{name}.log"
        self.running[name] = forked.begin(words, self.environment, self.folder, log, log)
