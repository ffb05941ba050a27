"""promtool, which checks rules, tests alerts and reads PromQL: `python infra/prometheus/promtool.py check config …`.

From the PATH; else brought once, without root, out of the distribution's own package `prometheus` (apt-get download,
dpkg-deb), into ~/.cache/juki-hub. What is missing is said in one sentence, exit 6.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAME = "promtool"


class Missing(Exception):
    """There is no promtool, and no way to bring one."""


def find() -> Path:
    """The program; raises Missing with what to do."""
    kept = _cache() / NAME
    found = shutil.which(NAME)
    if found:
        return Path(found)
    if not kept.exists():
        _bring(kept)
    return kept


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "juki-hub"


def _bring(kept: Path) -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise Missing("Install promtool: it comes with Prometheus (Debian package prometheus)")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        _run(["apt-get", "download", "prometheus"], folder)
        package = next(Path(folder).glob("prometheus_*.deb"), None)
        if package is None:
            raise Missing("apt-get brings no package prometheus: `apt-get update`, or install promtool yourself")
        _run(["dpkg-deb", "-x", str(package), "unpacked"], folder)
        (Path(folder) / "unpacked" / "usr" / "bin" / NAME).replace(kept)  # at once: two first starts do no harm


def _run(command: list[str], folder: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300)
    if done.returncode:
        raise Missing(f"`{' '.join(command[:2])}` fails: `apt-get update`, or install promtool yourself")


def main(arguments: list[str]) -> int:
    """Run promtool with these arguments; its exit code."""
    try:
        return subprocess.run([str(find()), *arguments], check=False).returncode
    except Missing as missing:
        print(f"promtool: {missing}", file=sys.stderr)
        return 6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
