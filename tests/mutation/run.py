"""`make mutants`: change the decision code in every small way, and see that a promise breaks each time.

A mutant that no promise notices survives. Each survivor stands in survivors.toml with the reason why it may; one that
does not, or an entry whose mutant is gone or dead, ends with 1. A survivor is known by its function and by the lines
that were changed, so that it is found again when others are added.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
LISTED: Final = Path(__file__).with_name("survivors.toml")
COPIED: Final = ("contracts", "hub", "producers", "consumers", "tests", "pyproject.toml")
SECONDS: Final = 1800
"""After which the run is ended: a mutant that loops is ended long before, by mutmut itself."""
KILLED: Final = frozenset({1, 3})
SURVIVED: Final = 0
TOO_LONG: Final = frozenset({-24, 24, 36, 152, 255})


class Mutant(NamedTuple):
    """What was changed in which function: the lines before and after, without their indentation."""

    function: str
    was: str
    now: str


def main() -> int:
    """Run, compare, tell; 0 where every survivor is listed and every entry survives."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        place = prepared(Path(folder))
        outcome = run(place)
        codes = exit_codes(place)
        survivors = {shown(place, name) for name, code in codes.items() if code == SURVIVED}
    problems = [*unfinished(codes, outcome), *compared(survivors, listed(LISTED))]
    print(summary(codes, time.monotonic() - begun))
    print("\n".join(problems))
    return 1 if problems else 0


def prepared(folder: Path) -> Path:
    """A copy of the repository in which mutmut may do as it likes."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(source, folder / name)
    shutil.copy(Path(__file__).with_name("setup.cfg"), folder / "setup.cfg")
    return folder


def run(place: Path) -> int:
    """Let mutmut make and try every mutant, on both cores; its exit code."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(os.cpu_count() or 1)]
    with (place / "log").open("wb") as log:
        done = subprocess.run(["nice", "-n", "10", *command], cwd=place, stdout=log, stderr=log, timeout=SECONDS, check=False)
    if done.returncode:
        sys.stderr.buffer.write((place / "log").read_bytes()[-4000:])
    return done.returncode


def exit_codes(place: Path) -> dict[str, int | None]:
    """How pytest ended for every mutant by name."""
    found: dict[str, int | None] = {}
    for meta in sorted((place / "mutants").rglob("*.py.meta")):
        found |= json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def shown(place: Path, name: str) -> Mutant:
    """What mutmut changed."""
    command = [sys.executable, "-m", "mutmut", "show", name]
    told = subprocess.run(command, cwd=place, capture_output=True, text=True, check=True).stdout
    return Mutant(function_of(name), changed(told, "-"), changed(told, "+"))


def function_of(name: str) -> str:
    """contracts.decide.x_judge__mutmut_17 is contracts.decide.judge; of a class contracts.contract.Grant.in_force."""
    module, _, mangled = name.rpartition("__mutmut_")[0].rpartition(".")
    return f"{module}.{mangled.removeprefix('xǁ').replace('ǁ', '.').removeprefix('x_')}"


def changed(diff: str, sign: str) -> str:
    """The lines of a diff that begin with `sign`, joined."""
    lines = [line[1:].strip() for line in diff.splitlines() if line.startswith(sign) and not line.startswith(sign * 3)]
    return " ".join(lines)


def listed(file: Path) -> dict[Mutant, str]:
    """Every survivor that may survive, with the reason."""
    tables = tomllib.loads(file.read_text(encoding="utf-8")).get("survivor", [])
    return {Mutant(each["function"], each["was"], each["now"]): each["why"] for each in tables}


def unfinished(codes: Mapping[str, int | None], outcome: int) -> Iterator[str]:
    """What keeps the run from being whole: mutants that were not tried, or that no test touches."""
    if outcome or not codes:
        yield f"the run did not come to its end ({outcome})"
    for name, code in codes.items():
        if code not in KILLED | TOO_LONG | {SURVIVED}:
            yield f"not tried, or touched by no test: {name} ({code})"


def compared(survivors: Iterable[Mutant], known: Mapping[Mutant, str]) -> Iterator[str]:
    """Survivors that are not listed, and entries of which nobody survives."""
    alive = set(survivors)
    for mutant in sorted(alive - known.keys()):
        yield f"survives without a reason: {mutant.function}\n  was {mutant.was}\n  now {mutant.now}"
    for mutant in sorted(known.keys() - alive):
        yield f"listed, but does not survive: {mutant.function}\n  was {mutant.was}\n  now {mutant.now}"


def summary(codes: Mapping[str, int | None], seconds: float) -> str:
    """One line: how many, and how they ended."""
    kinds = Counter(
        "killed" if code in KILLED else "ended" if code in TOO_LONG else "survived" if code == SURVIVED else "untried"
        for code in codes.values()
    )
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return f"{len(codes)} mutants in {seconds:.0f} s: {told}"


if __name__ == "__main__":
    sys.exit(main())
