"""The demonstration's folder. Only a folder that a demonstration has made is ever emptied; a mark in it says so."""

import shutil
from collections.abc import Callable
from pathlib import Path

from hub.errors import UsageError

MARK = ".juki-hub-demo"


def make(folder: Path, stop: Callable[[], object]) -> None:
    """An empty folder with our mark. `stop` ends what an earlier demonstration has left running in it.

    UsageError, and nothing is touched, where something is in it and no demonstration has made it.
    """
    if _is_used(folder):
        if not (folder / MARK).is_file():
            remedy = "It is not empty and no demonstration has made it, so it is left as it is: name another folder"
            raise UsageError("not-ours-to-empty", "--data", remedy)
        stop()
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()


def removed_unused(folder: Path) -> bool:
    """Whether nothing but our mark was in it, and it is gone now."""
    if _is_used(folder):
        return False
    shutil.rmtree(folder)
    return True


def _is_used(folder: Path) -> bool:
    return folder.exists() and any(each.name != MARK for each in folder.iterdir())
