"""What a server and its children have cost, and the most memory that this process has held since it was asked first."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_PARENT, _OWN, _CHILDREN = 1, slice(11, 13), slice(13, 15)
"""Places in /proc/<pid>/stat behind the name of the program: its parent, its own time, that of children that ended."""
_RESET_PEAK: Final = "5"


def family_seconds(pid: int) -> float:
    """Seconds of processor of `pid`, of its children, and of those of them that have ended."""
    found = {int(one.name): _fields(one) for one in _PROC.iterdir() if one.name.isdigit()}
    ticks = sum(sum(map(int, fields[_OWN])) for each, fields in found.items()
                if fields and (each == pid or int(fields[_PARENT]) == pid))  # fmt: skip
    return (ticks + sum(map(int, found.get(pid, [])[_CHILDREN]))) / os.sysconf("SC_CLK_TCK")


def _fields(process: Path) -> list[str]:
    """Empty of a process that has just ended."""
    with suppress(OSError):
        return (process / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return []


def forget_peak() -> None:
    """From here on the peak of this process's memory is counted anew."""
    (_PROC / "self" / "clear_refs").write_text(_RESET_PEAK, encoding="ascii")
