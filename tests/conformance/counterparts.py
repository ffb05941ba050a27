"""The two kinds of counterpart that tests hand over to: the stand-in, a process of its own, and a fake in memory.

Both are switched and asked in the same way, and both keep the promises of test_adapters.py.
"""

import asyncio
import importlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import aiohttp

from consumers.adapters import ADAPTERS, Adapter
from consumers.adapters.hours import ALWAYS, Hours
from consumers.adapters.http import Line
from consumers.disclosure import Disclosure
from hub.outcome import Deferred, Delivered, Outcome, Refused
from tests.conformance.samples import IDENTIFIER, disclosure
from tests.forked import HERE, NOTHING, Begun, begin
from tests.processes import said

SCRIPT = Path(__file__).parents[2] / "infra" / "counterparts" / "standin.py"
PATIENCE, IMPATIENCE = 10.0, 0.4
"""Seconds that the adapters of these tests wait for an answer; the second where it was told to be slow."""
START_SECONDS = 30.0


def module(name: str) -> Any:
    """A script of infra/counterparts by its name, without its process: they are no package, and lie side by side."""
    sys.path.insert(0, str(SCRIPT.parent))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(SCRIPT.parent))


class Standin:
    """A stand-in process and the adapter that speaks to it."""

    def __init__(self, via: str, session: aiohttp.ClientSession, process: Begun, url: str) -> None:
        self.via, self.process, self.url = via, process, url
        self.adapter: Adapter = ADAPTERS[via]
        self.line = Line(url)
        self.session = session
        self._seconds = PATIENCE

    def impatient(self) -> Adapter:
        return replace(self.adapter, settings=replace(self.adapter.settings, seconds=self._seconds))

    async def hand_over(self, said: Disclosure) -> Outcome:
        return await self.impatient().hand_over(self.line, said)

    async def switch(self, fault: str, **settings: Any) -> None:
        self._seconds = {"slow": IMPATIENCE, "clear": PATIENCE}.get(fault, self._seconds)
        async with self.session.post(f"{self.url}/control", json={"fault": fault, **settings}) as answer:
            assert answer.status == 200, await answer.text()

    async def told(self) -> dict[str, Any]:
        async with self.session.get(f"{self.url}/told") as answer:
            return dict(await answer.json())

    async def asked(self, path: str) -> Any:
        """What it answers to a GET."""
        async with self.session.get(self.url + path) as answer:
            return await answer.json(content_type=None)

    async def instructed(self, path: str, content: Any) -> dict[str, Any]:
        """Use one of its instruments."""
        async with self.session.post(self.url + path, json=content) as answer:
            return dict(await answer.json())

    async def read_back(self, subject: str) -> tuple[int, str]:
        async with self.session.get(f"{self.url}{self.adapter.settings.path}/{subject}") as answer:
            return answer.status, (await answer.json())["state"]

    async def close(self) -> None:
        self.process.terminate()
        await asyncio.to_thread(self.process.wait, PATIENCE)


class Standing:
    """Stand-ins that tests of one module share: one process per kind, started by the first who asks for it.

    `more`: options of their command line.
    """

    def __init__(self, *more: str) -> None:
        self._more = more
        self._running: dict[str, tuple[Begun, str]] = {}

    @asynccontextmanager
    async def of(self, via: str) -> AsyncIterator[Standin]:
        """That of `via`, having forgotten what the last test has told it."""
        process, url = self._running.get(via) or self._start(via)
        async with aiohttp.ClientSession() as session:
            made = Standin(via, session, process, url)
            await made.instructed("/forget", {})
            async with made.line:
                yield made

    def _start(self, via: str) -> tuple[Begun, str]:
        self._running[via] = begun("--kind", via, *self._more)
        return self._running[via]

    def stop(self) -> None:
        for process, _ in self._running.values():
            process.terminate()
            process.wait(PATIENCE)


def begun(*words: str) -> tuple[Begun, str]:
    """A stand-in and its URL, once it has said that it listens there."""
    with TemporaryDirectory() as name:
        file = Path(name, "said")
        process = begin([str(SCRIPT), *words, "--run-file", str(file)], os.environ, HERE, NOTHING, Path("/dev/stderr"))
        return process, str(said(file, START_SECONDS)["url"])


@asynccontextmanager
async def standin(via: str, folder: Path, *more: str, port: int = 0) -> AsyncIterator[Standin]:
    """A stand-in for `via` of its own that keeps its journal in `folder`. `more`: options of its command line."""
    words = ("--kind", via, "--port", str(port), "--state", str(folder / f"{via}.jsonl"), *more)
    process, url = await asyncio.to_thread(begun, *words)
    async with aiohttp.ClientSession() as session:
        made = Standin(via, session, process, url)
        try:
            async with made.line:
                yield made
        finally:
            await made.close()


@dataclass
class Fake:
    """A counterpart in memory; `refused` holds the ids that it will not have."""

    via: str
    faults: dict[str, dict[str, Any]] = field(default_factory=dict)
    taken: list[Disclosure] = field(default_factory=list)
    refused: set[UUID] = field(default_factory=set)
    repeats: int = 0
    line: Any = None
    hours: Hours = ALWAYS

    @property
    def adapter(self) -> Adapter:
        real = ADAPTERS[self.via]
        return _FakeAdapter(real.settings, real.form, real.read, rest=real.rest, hours=self.hours, fake=self)

    async def hand_over(self, said: Disclosure) -> Outcome:
        await asyncio.sleep(0)
        if fault := self._on_the_way():
            return fault
        known = next((n for n, one in enumerate(self.taken, 1) if one.id == said.id), 0)
        self.repeats += bool(known)
        return Delivered(f"FAKE-{known}") if known else self._judged(said)

    def _on_the_way(self) -> Deferred | None:
        for fault, code in (("down", "unavailable"), ("nonsense", "nonsense"), ("slow", "timeout")):
            if fault in self.faults:
                return Deferred("unreachable" if self.faults[fault].get("how") == "close" else code)
        return None

    def _judged(self, said: Disclosure) -> Outcome:
        if said.items.keys() != disclosure(self.via).items.keys() and said.state != "left":
            return Refused("counterpart-unknown-item")
        subject = said.items[IDENTIFIER[self.via]]
        if said.id in self.refused or self.faults.get("refuse-one", {}).get("subject") == subject:
            return Refused("counterpart-not-accepted")
        if any(one.items[IDENTIFIER[self.via]] == subject and one.version >= said.version for one in self.taken):
            return Refused("counterpart-out-of-order")
        self.taken.append(said)
        return Delivered(f"FAKE-{len(self.taken)}")

    async def switch(self, fault: str, **settings: Any) -> None:
        if fault == "clear":
            self.faults.clear()
        else:
            self.faults[fault] = settings

    async def told(self) -> dict[str, Any]:
        return {"told": [{"id": str(one.id)} for one in self.taken], "repeats": self.repeats}


@dataclass(frozen=True, slots=True)
class _FakeAdapter(Adapter):
    fake: Fake | None = None

    async def hand_over(self, line: Line, said: Disclosure) -> Outcome:
        assert self.fake is not None
        return await self.fake.hand_over(said)
