"""A real S3-compatible server for tests, as a process of its own, and a door before it that can be told to fail."""

import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Thread
from typing import Any

from consumers.files.store import Store, opened
from hub.config import read
from tests.processes import PATIENCE_SECONDS

EXAMPLE = Path(__file__).parents[1] / "infra" / "examples" / "tax_files.py"
BUCKET = "files"
PASSED = frozenset({"etag", "content-type", "content-length", "last-modified"})
KEYS = {"HUB_FILES_KEY": "made-up", "HUB_FILES_SECRET": "made-up-too"}


def _loaded(script: Path) -> Any:
    spec = spec_from_file_location(script.stem, script)
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


subscriber = _loaded(EXAMPLE)
"""The reader of infra/examples, which uses nothing of ours."""

Rule = Callable[[str, str], str]
"""What becomes of a request, by verb and path: `pass`, `drop` before it, `lose` the answer, `refuse`."""


def passing(_verb: str, _path: str) -> str:
    """The rule of good weather."""
    return "pass"


@dataclass
class Storage:
    """The server behind its door. `rule`: what the door does; `seen`: what came through it."""

    port: int
    behind: int
    rule: Rule = passing
    seen: list[tuple[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, folder: str = "") -> dict[str, str]:
        """What names it to a process of the hub."""
        return {"HUB_FILES": f"{self.url}/{BUCKET}{folder}", **KEYS}

    def store(self, folder: str = "", attempts: int = 1) -> Store:
        """Our own door to it, which asks `attempts` times."""
        return opened(read(self.environment(folder)), attempts)

    def clear(self) -> None:
        """Good weather."""
        self.rule, self.seen = passing, []


@contextmanager
def storage(folder: Path) -> Iterator[Storage]:
    """moto's server with one bucket, and the door."""

    class Door(_Door):
        """Of this storage alone: another one in the same process has its own."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as door, (folder / "moto.log").open("wb") as log:
        made = Storage(door.server_port, _free_port())
        Door.storage = made
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(made.behind)]
        with subprocess.Popen(command, stdout=log, stderr=log) as server:
            Thread(target=door.serve_forever, daemon=True).start()
            try:
                _wait(made.behind)
                yield made
            finally:
                door.shutdown()
                server.kill()
    shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Door) as free:
        return free.server_port


def _wait(port: int) -> None:
    """Until it answers; the bucket is made with that."""
    until = time.monotonic() + PATIENCE_SECONDS
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{BUCKET}", method="PUT")
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10):
                return
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < until, "the storage does not start"
            time.sleep(0.05)


class _Door(BaseHTTPRequestHandler):
    storage: Storage
    protocol_version = "HTTP/1.1"  # an older one knows no `100 Continue`: a second of waiting for each object
    disable_nagle_algorithm = True  # head and body are sent apart: the second would wait for an acknowledgement

    def do_PUT(self) -> None:
        self._go()

    def do_GET(self) -> None:
        self._go()

    def do_DELETE(self) -> None:
        self._go()

    def _go(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        what = self.storage.rule(self.command, self.path)
        self.storage.seen.append((self.command, self.path))
        if what == "drop":
            self.close_connection = True
            return
        if what == "refuse":
            self.send_error(503)
            return
        status, headers, content = self._passed_on(body)
        if what == "lose":
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(content)

    def _passed_on(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        line = HTTPConnection("127.0.0.1", self.storage.behind, timeout=30)
        try:
            asked = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
            line.request(self.command, self.path, body, asked)
            answer = line.getresponse()
            content = answer.read()
        finally:
            line.close()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() in PASSED - {"content-length"}]
        return answer.status, [*kept, ("Content-Length", str(len(content)))], content

    def log_message(self, *_words: Any) -> None:
        """Nothing: a test has its own output."""
