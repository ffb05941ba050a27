"""A PKCS#11 token in software (SoftHSM2) for one test session, where the system has it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

LABEL, PIN = "juki", "135790"
PLACES: Final = (
    "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)  # fmt: skip
MODULE: Final = next((place for place in PLACES if Path(place).exists()), "")
MISSING: Final = "" if MODULE and shutil.which("softhsm2-util") else "SoftHSM2 is not installed (package softhsm2)"


@contextmanager
def token() -> Iterator[Path]:
    """A token of this process and its children, with the file of its PIN, until the block is left."""
    with TemporaryDirectory(prefix="juki-token-") as made:
        folder = Path(made)
        (folder / "tokens").mkdir()
        (folder / "conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n", "ascii")
        os.environ["SOFTHSM2_CONF"] = str(folder / "conf")
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--so-pin", "97531", "--pin", PIN],
            check=True, capture_output=True,
        )  # fmt: skip
        pin = folder / "pin"
        pin.touch(mode=0o600)
        pin.write_text(PIN, "ascii")
        yield pin


def uri(pin: Path, label: str = "") -> str:
    """HUB_KEK for KEKs of a label of their own in it."""
    return f"pkcs11:token={LABEL};object={label or uuid4().hex}?module-path={MODULE}&pin-source=file:{pin}"
