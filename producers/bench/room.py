"""How much room there is for a measurement, and how much it has taken.

What lies in memory (tmpfs) takes it from the servers: there the room is what is left of the memory, without what they
hold themselves. What an earlier measurement has left in the folder is emptied first, and so counts as room.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hub.demo import folder
from hub.errors import UsageError

SERVERS: Final = 3 * 10**9
"""Bytes of memory for broker, PostgreSQL, the processes, and what they read and write."""

_IN_MEMORY: Final = ("tmpfs", "ramfs")


def room(data: Path) -> int:
    """Bytes that a measurement in this folder may take."""
    there = next(each for each in (data.resolve(), *data.resolve().parents) if each.exists())
    free = shutil.disk_usage(there).free
    if _kind(there) in _IN_MEMORY:
        free = min(free, _memory() - SERVERS)
    return max(0, free) + (size(data) if (data / folder.MARK).is_file() else 0)


def check_room(data: Path, needed: int, there: int) -> None:
    """UsageError where there is room for fewer bytes than are needed."""
    if there < needed:
        remedy = f"It takes about {needed / 1e9:.1f} GB: name fewer residents, or another folder"
        raise UsageError("disk-too-small", str(data), remedy)


def size(place: Path) -> int:
    """Bytes of a folder on the disk; a file that goes meanwhile has none."""
    return sum(map(_blocks, place.rglob("*")))


def _blocks(file: Path) -> int:
    try:
        return file.stat(follow_symlinks=False).st_blocks * 512
    except FileNotFoundError:
        return 0


def _kind(there: Path) -> str:
    """The file system that a folder lies on; the innermost mount counts."""
    inside = [(place, kind) for place, kind in _mounts() if there.is_relative_to(place)]
    return max(inside, key=lambda one: len(one[0]), default=("", ""))[1]


def _mounts() -> Iterator[tuple[str, str]]:
    for mount in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, place, kind, *_ = mount.split()
        yield place, kind


def _memory() -> int:
    """Bytes that are still to be had, without pushing anybody out."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
