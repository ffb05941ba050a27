"""The processes of a house, as data: what each is called, how it is started, and where it says its port.

Every member writes {"pid", "port"} to `<data>/run/<name>.json` and answers GET /health there. Its output is appended
to `<data>/log/<name>.log`.
"""

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.book import Book
from hub import detached
from hub.errors import DependencyUnavailable
from hub.ways import ADAPTED, FILED, PULLED

START_SECONDS = 60.0
STOP_SECONDS = 20.0
HAS_HOURS = "convenience-store"
"""The counterpart that sleeps at night (HUB_STORE_HOURS)."""
STARTS = 3
"""How often a process is started: a server that has just come up does not answer the first who ask."""


@dataclass(frozen=True, slots=True)
class Member:
    """One process of the house in the folder `data`."""

    name: str
    command: tuple[str, ...]
    data: Path

    @property
    def lock(self) -> Path:
        return self.data / "run" / f"{self.name}.lock"

    @property
    def log(self) -> Path:
        return self.data / "log" / f"{self.name}.log"

    def pid(self) -> int | None:
        """Its process number while it runs."""
        return detached.running(self.lock)

    def said(self) -> Mapping[str, Any]:
        """What this very process (not an earlier one) has said of itself; nothing until then."""
        try:
            said: dict[str, Any] = json.loads((self.data / "run" / f"{self.name}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return said if said["pid"] == self.pid() else {}

    def port(self) -> int | None:
        """The port of its /health and /metrics, once it has said it."""
        port: int | None = self.said().get("port")
        return port

    def start(self) -> bool:
        """Start it where it does not run; whether it was started."""
        return detached.start(self.lock, self.command, self.log) is not None

    def healthy(self) -> bool:
        """Whether it says itself that it is well, and at work: a process that starts may yet end."""
        port = self.port()
        if port is None:
            return False
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
                return bool(json.load(answer)["status"] == "ok")
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    def wait(self) -> None:
        """Until it is well, started again where it ends; DependencyUnavailable where it goes on ending or is silent."""
        until, starts = time.monotonic() + START_SECONDS, 1
        while not self.healthy():
            if self.pid() is None:
                if starts == STARTS:
                    raise DependencyUnavailable("process-ended", self.name, f"Read {self.log}")
                starts += self.start()
            if time.monotonic() > until:
                raise DependencyUnavailable("process-silent", self.name, f"Read {self.log}")
            time.sleep(0.05)


def processes(book: Book, data: Path) -> list[Member]:
    """The hub's own processes, one that hands over to every counterpart, and one from which is fetched."""
    alone = {"relay": ("relay",), "router-0": ("router",), "ledger": ("ledger",), "watch": ("watch",),
             "api": ("api", "--port", "0")}  # fmt: skip
    named = tuple(word for name in _adapted(book) for word in ("--contract", name))
    over = {"deliver": ("deliver", *named)} if named else {}  # one for all: a house is one machine
    if any(contract.via in PULLED for contract in book.contracts.values()):
        over["pull"] = ("pull", "--port", "0")
    if any(contract.via in FILED for contract in book.contracts.values()):
        over["files"] = ("files",)
    return [Member(name, (sys.executable, "-m", "hub", "run", *words), data) for name, words in (alone | over).items()]


def standins(book: Book, data: Path, script: Path, hours: str = "") -> list[Member]:
    """One stand-in per counterpart that is handed over to, named `counterpart-<contract>`. `hours`: the store's."""
    return [_standin(name, kind, data, script, hours) for name, kind in _adapted(book).items()]


def _standin(contract: str, kind: str, data: Path, script: Path, hours: str) -> Member:
    name = f"counterpart-{contract}"
    said, journal = data / "run" / f"{name}.json", data / "counterparts" / f"{contract}.jsonl"
    command = (sys.executable, str(script), "--kind", kind, "--run-file", str(said), "--state", str(journal))
    return Member(name, (*command, "--hours", hours) if hours and kind == HAS_HOURS else command, data)


def _adapted(book: Book) -> dict[str, str]:
    return {name: contract.via for name, contract in book.contracts.items() if contract.via in ADAPTED}


def start(members: Sequence[Member]) -> list[str]:
    """Start those that do not run, all at once, and wait until every one is well; the names of those started."""
    (members[0].data / "counterparts").mkdir(parents=True, exist_ok=True)
    started = [member.name for member in members if member.start()]
    for member in members:
        member.wait()
    return started


def stop(members: Iterable[Member]) -> Iterator[tuple[str, str]]:
    """Ask all of them to end; name and `stopped`, `not-running` or `killed` of each."""
    asked = list(members)
    with ThreadPoolExecutor(len(asked) or 1) as several:
        yield from zip(
            (member.name for member in asked),
            several.map(lambda member: detached.stop(member.lock, STOP_SECONDS), asked),
            strict=True,
        )
