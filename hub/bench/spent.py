"""What processes have cost: seconds of processor and megabytes of memory, as Linux says in /proc."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_IDLE, _GUESTS = (3, 4), 8
"""Places in the first line of /proc/stat: idle and waiting for a disk; those of guests come last."""
_USER, _SYSTEM = 11, 12
"""Places in /proc/<pid>/stat, counted behind the name of the program, which may have spaces in it."""


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes, all their threads included, since each began."""
    return sum(map(_ticks, pids)) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    fields = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return int(fields[_USER]) + int(fields[_SYSTEM])


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
