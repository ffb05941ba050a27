"""A process that outlives its starter is recognised by its lock, whatever happened to it."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import detached

SLEEPER = (sys.executable, "-c", "import signal; print('here', flush=True); signal.pause()")
STUBBORN = (sys.executable, "-c",
            "import signal; signal.signal(15, signal.SIG_IGN); print('here', flush=True)\nwhile 1: signal.pause()")


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "run" / "it.lock"
    detached.stop(tmp_path / "run" / "it.lock", 0)


def started(lock: Path, command: tuple[str, ...] = SLEEPER) -> int | None:
    """Start it and wait until it is at work: its output says so."""
    log = lock.parent / "it.log"
    process = detached.start(lock, command, log)
    while process and not log.read_bytes().endswith(b"here\n"):
        assert detached.running(lock)
        time.sleep(0.01)
    return process


def test_what_was_started_is_found_by_its_number(lock: Path) -> None:
    assert started(lock) == detached.running(lock)


def test_a_second_start_starts_nothing(lock: Path) -> None:
    started(lock)
    assert detached.start(lock, SLEEPER, lock.parent / "it.log") is None


def test_a_killed_process_is_not_running(lock: Path) -> None:
    process = started(lock)
    assert process
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    assert detached.running(lock) is None


def test_after_a_kill_it_starts_again(lock: Path) -> None:
    first = started(lock)
    detached.stop(lock, 5)
    assert started(lock) not in (None, first)


def test_a_foreign_process_with_the_same_number_is_not_mistaken_for_it(lock: Path) -> None:
    lock.parent.mkdir(parents=True)
    lock.write_text(str(os.getpid()))
    assert detached.running(lock) is None


def test_stopping_ends_it(lock: Path) -> None:
    started(lock)
    assert (detached.stop(lock, 5), detached.running(lock)) == ("stopped", None)


def test_stopping_what_does_not_run_says_so(lock: Path) -> None:
    assert detached.stop(lock, 5) == "not-running"


def test_who_does_not_listen_is_killed(lock: Path) -> None:
    started(lock, STUBBORN)
    assert detached.stop(lock, 0.1) == "killed"
