"""The ways of handing over that are measured, as data: each with a counterpart that is an own process, or none."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from consumers.adapters.http import Line, Settings
from consumers.adapters.wire import Answer
from consumers.bench.lot import CONTRACT
from hub.demo.stage import repository
from hub.outcome import Deferred

Started = Callable[[], AbstractContextManager[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Way:
    """One way: what it is, and its counterpart; `start` gives URL and process number of that, None where none is."""

    said: str
    start: Started | None


class Echo(Line):
    """A line to nobody: every message has a receipt at once."""

    def __init__(self) -> None:
        super().__init__("")
        self._given = 0

    async def send(self, _settings: Settings, _key: str, _message: dict[str, Any]) -> Answer | Deferred:
        self._given += 1
        return Answer(200, b'{"receipt": "B-%08d"}' % self._given)


@contextmanager
def _counting() -> Iterator[tuple[str, int]]:
    with _running([sys.executable, "-m", "consumers.bench.counterpart"]) as (said, pid):
        yield f"http://127.0.0.1:{int(said)}", pid


@contextmanager
def _standing_in() -> Iterator[tuple[str, int]]:
    script = repository() / "infra" / "counterparts" / "standin.py"
    with _running([sys.executable, str(script), "--kind", CONTRACT]) as (said, pid):
        yield json.loads(said)["url"], pid


@contextmanager
def _running(command: Sequence[str]) -> Iterator[tuple[str, int]]:
    """A process, and the first line that it says."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own programs
        try:
            yield (process.stdout.readline() if process.stdout else ""), process.pid
        finally:
            process.terminate()


WAYS: Final[Mapping[str, Way]] = {
    "none": Way("everything but the line: a receipt at once", None),
    "http": Way("HTTP to a counterpart that judges nothing", _counting),
    "stand-in": Way("HTTP to the stand-in, which judges as strictly as a counterpart", _standing_in),
}


@asynccontextmanager
async def opened(way: Way) -> AsyncIterator[tuple[Line, list[int]]]:
    """The line of a way, and the process numbers of its counterpart."""
    if way.start is None:
        yield Echo(), []
        return
    with way.start() as (url, pid):
        async with Line(url) as line:
            yield line, [pid]
