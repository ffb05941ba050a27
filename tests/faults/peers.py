"""Whose a connection is: the process behind a port of this machine, as Linux tells it in /proc."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F"}
"""127.0.0.1 as the kernel writes it, and as a socket of both families has it, which is Java's."""


def owner(port: int, processes: Iterable[int]) -> int | None:
    """That one of `processes` which has called somebody from `port` of the loopback address."""
    sockets = {f"socket:[{number}]" for table in ("tcp", "tcp6") for number in _sockets(table, port)}
    return next((process for process in processes if sockets & _open(process)), None)


def _sockets(table: str, port: int) -> Iterable[str]:
    for line in Path("/proc/self/net", table).read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        address, local = fields[1].split(":")
        if int(local, 16) == port and address in LOOPBACK:
            yield fields[9]


def _open(process: int) -> set[str]:
    """What the process has open; nothing where it is gone."""
    links: set[str] = set()
    with suppress(OSError):
        for file in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):  # closed between the two looks
                links.add(str(file.readlink()))
    return links
