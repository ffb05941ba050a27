"""Our own programs as processes that need not import anything: each is forked from one that has.

`begin(words, …)` is `python <words>`, with an environment, a folder, files and signals of its own. What it is spared is
to import hundreds of modules, a second of a core each time. That programs start from nothing is shown where the bare
command and `jukihub up` are tested.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.process import _children
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from hub.config import inherited

IMPORTED = (
    "hub.cli", "hub.run", "hub.archive", "consumers.office", "consumers.cli.given", "consumers.process",
    "producers.relay_process", "typer.rich_utils",
)  # fmt: skip
HERE = Path(__file__).resolve().parents[1]
NOTHING = Path(os.devnull)

Done = subprocess.CompletedProcess[str]

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload([*IMPORTED])
_STARTING = Lock()


class Begun:
    """A process, asked as `subprocess.Popen` is, from any thread."""

    def __init__(self, words: Sequence[str], *given: object) -> None:
        self._words, self._looking = words, Lock()
        self._process = _FORKING.Process(target=_become, args=(words, *given))
        with _STARTING:  # the library looks after its processes when it starts one, from whichever thread; we do
            self._process.start()
            _children.discard(self._process)

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def poll(self) -> int | None:
        with self._looking:
            return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        wait([self._process.sentinel], timeout)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired(self._words, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended, and its code is on its way
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def begin(
    words: Sequence[str], environment: Mapping[str, str], folder: Path, out: Path, err: Path, given: Path = NOTHING
) -> Begun:
    """`python <words>` in `folder`, with `given` to read; what it says is appended to `out` and `err`."""
    return Begun([*words], dict(environment), folder, (given, out, err))


def run(words: Sequence[str], environment: Mapping[str, str], folder: Path, given: str = "") -> Done:
    """The same to its end, with `given` to read."""
    with TemporaryDirectory() as name:
        heard, out, err = (Path(name, one) for one in ("given", "out", "err"))
        heard.write_text(given, encoding="utf-8")
        code = begin(words, environment, folder, out, err, heard).wait()
        return subprocess.CompletedProcess([*words], code, out.read_text("utf-8"), err.read_text("utf-8"))


def jukihub(*arguments: str | Path, given: str = "", folder: Path = HERE, **own: str) -> Done:
    """`jukihub <arguments>` to its end, with these HUB_* settings and no others."""
    return run(["-m", "hub", *map(str, arguments)], {**inherited(), **own}, folder, given)


def _become(words: list[str], environment: dict[str, str], folder: Path, files: Sequence[Path]) -> None:
    for number, file in enumerate(files):
        os.dup2(os.open(file, os.O_APPEND | os.O_CREAT | (os.O_WRONLY if number else os.O_RDONLY), 0o600), number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for the whole of the process
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    _python(words)


def _python(words: list[str]) -> None:
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        sys.path.insert(0, str(Path(words[0]).parent))
        runpy.run_path(words[0], run_name="__main__")
