"""A process that outlives its starter, and is recognised for what it is.

The process inherits a locked file. Whoever holds the lock runs: the kernel drops it with the process, also after
kill -9, so a stale process number is never mistaken for a living process. The number stands in the locked file.
"""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

STEP = 0.05  # seconds between two looks at a lock
ASKING = 0.3  # seconds for which a look by somebody else may hold a lock


def _try_lock(descriptor: int, patience: float) -> bool:
    """Lock the open file for ourselves; False when somebody else holds it for longer than `patience` seconds."""
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(STEP)
        else:
            return True


def start(lock: Path, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> int | None:
    """Start `command` with its output appended to `log`; its process number, or None when one is running already."""
    for folder in (lock.parent, log.parent):
        folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _try_lock(descriptor, ASKING):
            return None
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 (the command is one of ours, never a user's text)
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(descriptor,),
                start_new_session=True,
                env=None if environment is None else dict(environment),
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(process.pid).encode(), 0)
        process.returncode = 0  # it is not ours to wait for: Python would warn about it when the object goes
        return process.pid
    finally:
        os.close(descriptor)


def running(lock: Path) -> int | None:
    """The process number of the one that holds `lock`, or None."""
    if not lock.exists():
        return None
    descriptor = os.open(lock, os.O_RDWR)
    try:
        if _try_lock(descriptor, 0):
            return None
        return int(os.pread(descriptor, 20, 0) or b"0") or None
    finally:
        os.close(descriptor)


def stop(lock: Path, seconds: float) -> str:
    """Ask the holder of `lock` to end. `stopped`, `not-running`, or `killed` when it took longer than `seconds`."""
    process = running(lock)
    if process is None:
        return "not-running"
    for number, patience, outcome in ((signal.SIGTERM, seconds, "stopped"), (signal.SIGKILL, 10.0, "killed")):
        _send(process, number)
        if _ended(lock, patience):
            return outcome
    return "still-there"


def _send(process: int, number: int) -> None:
    with suppress(ProcessLookupError):  # it ended between the look and the signal, which is what was wanted
        os.kill(process, number)


def _ended(lock: Path, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while running(lock) is not None:
        if time.monotonic() > until:
            return False
        time.sleep(STEP)
    return True
