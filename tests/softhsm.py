"""A PKCS#11 token in software (SoftHSM2) for one process of tests.

Where the system has none and is a Debian or Ubuntu, its packages are unpacked beside our Python, once; no root is
needed for it. Elsewhere, or where no package comes, what needs a token is skipped, aloud.
"""

import atexit
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

import pytest

LABEL, PIN = "juki", "135790"
OWN: Final = Path(sys.prefix) / "softhsm"
_PLACES: Final = (
    "usr/lib/softhsm", "usr/lib/x86_64-linux-gnu/softhsm", "usr/lib/aarch64-linux-gnu/softhsm", "usr/lib64/pkcs11",
    "usr/local/lib/softhsm", "opt/homebrew/lib/softhsm",
)  # fmt: skip
_PACKAGES: Final = ("softhsm2", "libsofthsm2")


@cache
def found() -> tuple[str, str]:
    """Module and program of the system, or of its packages; the test is skipped where there are none."""
    if not any(_there()):
        _bring()
    if not any(there := _there()):
        pytest.skip("SoftHSM2 is not installed (package softhsm2)")
    return there


def _there() -> tuple[str, str]:
    """The PKCS#11 module and the program that makes tokens; empty where there is none."""
    for root in (Path("/"), OWN):
        modules = [at for place in _PLACES if (at := root / place / "libsofthsm2.so").exists()]
        program = shutil.which("softhsm2-util") if root != OWN else shutil.which("softhsm2-util", path=OWN / "usr/bin")
        if modules and program:
            return str(modules[0]), program
    return "", ""


def _bring() -> None:
    """The packages of this Debian, unpacked; the first of several processes that has them wins."""
    with TemporaryDirectory(dir=OWN.parent) as made, suppress(OSError, subprocess.SubprocessError):
        subprocess.run(["apt-get", "download", *_PACKAGES], cwd=made, check=True, capture_output=True, timeout=60)
        for package in sorted(Path(made).glob("*.deb")):
            subprocess.run(["dpkg", "-x", package, Path(made) / "softhsm"], check=True, capture_output=True, timeout=60)
        (Path(made) / "softhsm").rename(OWN)


@cache
def token() -> Path:
    """The file of the PIN of a token; one of this process and its children, since the module is told once where."""
    module, program = found()
    made = TemporaryDirectory(prefix="juki-token-")
    atexit.register(made.cleanup)
    folder = Path(made.name)
    (folder / "tokens").mkdir()
    (folder / "conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n", "ascii")
    os.environ["SOFTHSM2_CONF"] = str(folder / "conf")
    subprocess.run(
        [program, "--module", module, "--init-token", "--free", "--label", LABEL, "--pin", PIN,
         "--so-pin", "97531"], check=True, capture_output=True,
    )  # fmt: skip
    pin = folder / "pin"
    pin.touch(mode=0o600)
    pin.write_text(PIN, "ascii")
    return pin


def uri(pin: Path, label: str = "") -> str:
    """HUB_KEK for KEKs of a label of their own in it."""
    return f"pkcs11:token={LABEL};object={label or uuid4().hex}?module-path={found()[0]}&pin-source=file:{pin}"
