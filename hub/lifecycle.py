"""What every process of the hub shares: logs, signals, /metrics and /health, and an orderly end.

    async with running(settings, "relay", port) as process:
        while not process.stopping.is_set():
            …
            process.beat()

/health answers 200 while the last beat is fresh, else 503: a process that hangs is not a healthy one. Until the first
beat it says `starting`: such a process may still find that it cannot work. Where several loops run side by side, each
beats under its own name, and the oldest counts. The port, 0 for a free one, is written to
<data>/run/<name>.json, and as a target of Prometheus (file_sd) to <data>/targets/<name>.json. Both go in an orderly
end alone: what was killed is still to be asked, and is down.
"""

import asyncio
import gc
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from aiohttp import web
from prometheus_client import REGISTRY, generate_latest

from hub import log
from hub.config import Settings

FRESH_SECONDS = 30.0

SELDOM = 50_000, 20, 20
"""How many more objects must have come than gone before one looks for rings among them (gc.set_threshold)."""


class Process:
    """A running process: `stopping` is set by SIGTERM and SIGINT; `beat()` says that it is alive and at work."""

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.stopping = asyncio.Event()
        self._clock = clock
        self._begun = clock()
        self._beats: dict[str, float] = {}

    def beat(self, loop: str = "main") -> None:
        """Say that `loop` has come round once more."""
        self._beats[loop] = self._clock()

    @property
    def age(self) -> float:
        """Seconds since the last beat of the loop that is behind most; since the start where none has beaten yet."""
        return self._clock() - min(self._beats.values(), default=self._begun)

    @property
    def status(self) -> str:
        """`ok`, `starting` before the first beat, or `stalled` where the last one is too long ago."""
        if self.age >= FRESH_SECONDS:
            return "stalled"
        return "ok" if self._beats else "starting"

    async def wait(self, seconds: float, woken: asyncio.Event | None = None) -> None:
        """Rest for `seconds`, less where `woken` is set or the process is to stop."""
        events = [self.stopping] + ([woken] if woken else [])
        waits = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:  # who waits may be cancelled, and leaves nobody waiting behind
            for wait in waits:
                wait.cancel()


@asynccontextmanager
async def running(
    settings: Settings, name: str, port: int = 0, said: Mapping[str, str] | None = None
) -> AsyncIterator[Process]:
    """One process from its first log line to its last. `said`: what <data>/run/<name>.json says beside the port."""
    log.configure(name, settings.log_level)
    process = Process(name)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.stopping.set)
    runner = await _served(process, port)
    files = _announced(settings.data, name, runner.addresses[0][1], said or {})
    log.get().info("process-started")
    try:
        with seldom_swept():
            yield process
    finally:
        await runner.cleanup()
        for file in files:
            file.unlink(missing_ok=True)
        log.get().info("process-stopped")


@contextmanager
def seldom_swept() -> Iterator[None]:
    """Leave what was imported out of the search for rings of objects, and search seldom.

    What a poll brings comes and goes by the thousand, and nearly all of it is freed when the last reference goes; with
    Python's own thresholds the search went over it all several times in each poll. Rings are still found, only later.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


async def _served(process: Process, port: int) -> web.AppRunner:
    app = web.Application()
    app.add_routes([web.get("/metrics", _metrics), web.get("/health", _health(process))])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


async def _metrics(_request: web.Request) -> web.Response:
    return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": "text/plain; version=0.0.4"})


def _health(process: Process) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_request: web.Request) -> web.Response:
        status = process.status
        body = {"process": process.name, "status": status, "beat_age_seconds": round(process.age, 1)}
        return web.json_response(body, status=503 if status == "stalled" else 200)

    return answer


def _announced(data: Path, name: str, port: int, more: Mapping[str, str]) -> list[Path]:
    target = [{"targets": [f"127.0.0.1:{port}"], "labels": {"process": name}}]
    said = {
        data / "run" / f"{name}.json": {"pid": os.getpid(), "port": port, **more},
        data / "targets" / f"{name}.json": target,
    }
    for file, content in said.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(content), encoding="utf-8")
        draft.replace(file)
    return [*said]
