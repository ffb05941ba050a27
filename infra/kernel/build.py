"""Build the native kernel for the Python that runs this, and put it beside its twin. Exit 1 where that is not possible.

Nothing but cargo is needed, and its crates: the versions and digests of hub/kernel/Cargo.lock, and no others.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CRATE = ROOT / "hub" / "kernel"
BUILT = ROOT / "build" / "kernel"
LIBRARIES = ("lib_native.so", "lib_native.dylib")


def main() -> int:
    """Build, then put it in its place at one stroke: a process that runs keeps the one that it has."""
    cargo = shutil.which("cargo")
    if cargo is None:
        sys.stderr.write("There is no cargo here.\n")
        return 1
    command = [cargo, "build", "--quiet", "--release", "--locked", "--manifest-path", str(CRATE / "Cargo.toml")]
    environment = {**os.environ, "PYO3_PYTHON": sys.executable, "CARGO_TARGET_DIR": str(BUILT)}
    if subprocess.run(command, env=environment, check=False).returncode:
        return 1
    library = next(BUILT / "release" / name for name in LIBRARIES if (BUILT / "release" / name).exists())
    fresh = CRATE / "_native.abi3.so.part"
    shutil.copyfile(library, fresh)
    fresh.replace(CRATE / "_native.abi3.so")
    return 0


if __name__ == "__main__":
    sys.exit(main())
