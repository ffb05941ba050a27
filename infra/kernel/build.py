"""Build the native kernel for the Python that runs this, and put it beside its twin. Exit 1 where that is not possible.

Nothing but cargo is needed, and its crates: the versions and digests of hub/kernel/crates.lock, and no others. That is
cargo's own lock without the places where crates are fetched from, which are those that this machine's cargo knows.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CRATE = ROOT / "hub" / "kernel"
BUILT = ROOT / "build" / "kernel"
LIBRARIES = ("lib_native.so", "lib_native.dylib")
SOURCE = re.compile(r"^source = .*\n", re.MULTILINE)


def main() -> int:
    """Build, then put it in its place at one stroke: a process that runs keeps the one that it has."""
    cargo = shutil.which("cargo")
    if cargo is None:
        sys.stderr.write("There is no cargo here.\n")
        return 1
    manifest = ("--manifest-path", str(CRATE / "Cargo.toml"))
    locked = lock([cargo, "generate-lockfile", "--quiet", *manifest])
    if not locked or run([cargo, "build", "--quiet", "--release", "--locked", *manifest]):
        return 1
    library = next(BUILT / "release" / name for name in LIBRARIES if (BUILT / "release" / name).exists())
    fresh = CRATE / "_native.abi3.so.part"
    shutil.copyfile(library, fresh)
    fresh.replace(CRATE / "_native.abi3.so")
    return 0


def lock(generate: list[str]) -> bool:
    """Write cargo's lock as it has to be; whether that could be done."""
    file, wanted = CRATE / "Cargo.lock", (CRATE / "crates.lock").read_text(encoding="utf-8")
    if file.exists() and SOURCE.sub("", file.read_text(encoding="utf-8")) == wanted:
        return True
    if run(generate):
        return False
    source = SOURCE.search(file.read_text(encoding="utf-8"))
    file.write_text(re.sub("^checksum", f"{source[0] if source else ''}checksum", wanted, flags=re.MULTILINE), "utf-8")
    return source is not None


def run(command: list[str]) -> int:
    """Its exit code."""
    environment = {**os.environ, "PYO3_PYTHON": sys.executable, "CARGO_TARGET_DIR": str(BUILT)}
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
