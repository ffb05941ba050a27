"""The commands of this room, and which module has each: only that one is loaded."""

from collections.abc import Mapping
from typing import Final

_OWN: Final = ("letters", "replay", "clients", "files", "copies", "inquire", "reconcile", "bench")

commands: Final[Mapping[str, str]] = {"run": "consumers.cli.processes"} | {word: f"{__name__}.{word}" for word in _OWN}
