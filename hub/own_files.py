"""Files that hold a secret: readable by their owner alone, from their first moment on."""

import os
from pathlib import Path
from typing import Final

_OTHERS: Final = 0o077


def is_open_to_others(file: Path) -> bool:
    """Whether anybody but its owner may do anything with it; OSError where it is not there."""
    return bool(file.stat().st_mode & _OTHERS)


def write_once(file: Path, content: bytes) -> None:
    """`content` into a new `file`, whole or not at all; where there is one, that one stays."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    try:
        os.link(draft, file)  # fails where another process was first: then theirs counts
    except FileExistsError:
        pass
    finally:
        draft.unlink()
