"""A small disk of its own, to be filled to the last byte: a tmpfs, where this machine lets us mount one.

Where it does not (not root, a container without the right), there is no small disk, and the faults that need one are
left out with the reason; nothing else changes, because the folder is there all the same.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_BALLAST = "ballast"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Disk:
    """`refused` says why there is none; empty where there is one."""

    folder: Path
    refused: str = ""

    def fill(self) -> None:
        """Leave no byte free."""
        with (self.folder / _BALLAST).open("ab") as ballast:
            for size in (_PIECE, 4096, 1):
                _grow(ballast.fileno(), size)

    def free(self) -> None:
        """Take the ballast away."""
        (self.folder / _BALLAST).unlink(missing_ok=True)


def _grow(file: int, size: int) -> None:
    while True:
        try:
            os.posix_fallocate(file, os.fstat(file).st_size, size)
        except OSError:  # full
            return


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk]:
    """`folder` on a disk of `megabytes`, until the block is left."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o711)
    options = f"size={megabytes}m,mode=0711"
    mounted = _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))
    try:
        yield Disk(folder, "" if mounted else "no small disk: a tmpfs cannot be mounted here")
    finally:
        if mounted:
            _run("umount", "--lazy", str(folder))


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
