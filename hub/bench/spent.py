"""What processes have cost: seconds of processor and megabytes of memory, as Linux says in /proc."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_IDLE, _GUESTS = (3, 4), 8
"""Places in the first line of /proc/stat: idle and waiting for a disk; those of guests come last."""
_PARENT, _USER, _SYSTEM, _OF_CHILDREN = 1, 11, 12, (13, 14)
"""Places in /proc/<pid>/stat, counted behind the name of the program, which may have spaces in it."""


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes, all their threads included, since each began."""
    return sum(map(_ticks, pids)) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    fields = _fields(pid)
    return int(fields[_USER]) + int(fields[_SYSTEM])


def _fields(pid: int) -> list[str]:
    return (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()


def family_seconds(pid: int) -> float:
    """Of a process and of all its children, those that have ended and were waited for included."""
    own = _fields(pid)
    ended = sum(int(own[at]) for at in _OF_CHILDREN) / os.sysconf("SC_CLK_TCK")
    return cpu_seconds([pid]) + ended + cpu_seconds(_children(pid))


def _children(pid: int) -> list[int]:
    there = (int(each.name) for each in _PROC.iterdir() if each.name.isdecimal())
    return [child for child in there if _parent(child) == pid]


def _parent(pid: int) -> int | None:
    try:
        return int(_fields(pid)[_PARENT])
    except FileNotFoundError:  # it has ended meanwhile
        return None


def machine_seconds() -> float:
    """Of all cores together, since the machine began; what a host has taken away from it counts as used."""
    fields = (_PROC / "stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    idle = sum(int(fields[at]) for at in _IDLE)
    guests = sum(int(field) for field in fields[_GUESTS:])  # counted in user time already
    return (sum(map(int, fields)) - idle - guests) / os.sysconf("SC_CLK_TCK")


def peak_mb(pids: Iterable[int]) -> float:
    """The most memory that each of these processes has held at once, added up."""
    return sum(map(_peak_kb, pids)) / 1024


def _peak_kb(pid: int) -> int:
    status = (_PROC / str(pid) / "status").read_text(encoding="ascii", errors="replace")
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)
