"""`make mutants`: change the decision code in every small way, and see that a promise breaks each time.

A mutant that no promise notices survives. Each survivor stands in survivors.toml with the reason why it may; one that
does not, or an entry whose mutant is gone or dead, ends with 1. A survivor is known by its function, its line and what
was changed there, so that it is found again when other lines are added.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.mutation.mutants import Mutant

ROOT: Final = Path(__file__).resolve().parents[2]
LISTED: Final = Path(__file__).with_name("survivors.toml")
SECONDS: Final = 3600
MUTATED: Final = (
    "contracts.decide", "contracts.dates", "contracts.lawful", "contracts.checks", "contracts.articles",
    *(f"contracts.contract:{each}" for each in (
        "Grant.in_force", "Contract.in_force", "Contract.in_shadow", "Contract.permitted",
    )),
)  # fmt: skip
CORPUS: Final = "tests/contracts/test_corpus.py::test_in_the_bytes_lies_what_the_law_permits_and_nothing_else"
TESTS: Final = (
    *(f"tests/contracts/test_{name}.py" for name in (
        "decide", "populations", "grants", "articles", "identity", "refusals", "sixteen_subscribers", "shipped_book",
        "the_door", "boundaries",
    )),
    *(f"{CORPUS}[{row}]" for row in ("prefecture-RELOCATE", "elections-RELOCATE", "convenience-store-DEATH")),
)  # fmt: skip
"""In memory only, and nothing random: who is killed today is killed tomorrow."""


def main(modules: Sequence[str]) -> int:
    """Run, compare, tell; 0 where every survivor is listed and every entry survives. Without `modules`: all of them."""
    begun, modules = time.monotonic(), modules or MUTATED
    told = outcomes(modules)
    if told["failed"]:
        sys.stdout.write("These fail without any mutant: " + ", ".join(told["failed"]) + "\n")
        return 1
    ended = {Mutant(*mutant): how for mutant, how in told["outcomes"]}
    survivors = {mutant for mutant, how in ended.items() if how == "survived"}
    problems = list(compared(survivors, {each: why for each, why in listed(LISTED).items() if within(each, modules)}))
    counted = Counter(how for _, how in told["outcomes"])
    figures = ", ".join(f"{count} {how}" for how, count in sorted(counted.items()))
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    sys.stdout.write(f"{counted.total()} mutants, {told['tests']} tests, {time.monotonic() - begun:.0f} s: {figures}\n")
    return 1 if problems else 0


def outcomes(modules: Sequence[str]) -> dict[str, Any]:
    """What the plugin found out."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        file = Path(folder) / "outcomes.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.mutation.plugin"]
        command += [*(f"--mutate={name}" for name in modules), f"--outcomes={file}", *TESTS]
        done = subprocess.run(command, cwd=ROOT, timeout=SECONDS, check=False, capture_output=True, text=True,
                              preexec_fn=lambda: os.nice(10))  # fmt: skip
        if not file.exists():
            sys.exit(done.stdout + done.stderr)
        read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return read


def within(mutant: Mutant, places: Collection[str]) -> bool:
    """Whether the mutant lies in one of the places: a module, or a function as module:function."""
    return mutant.module in places or f"{mutant.module}:{mutant.function}" in places


def listed(file: Path) -> dict[Mutant, str]:
    """Every survivor that may survive, with the reason."""
    tables = tomllib.loads(file.read_text(encoding="utf-8")).get("survivor", [])
    return {Mutant(*(each[name] for name in Mutant._fields)): each["why"] for each in tables}


def compared(survivors: Collection[Mutant], known: Mapping[Mutant, str]) -> Iterator[str]:
    """Survivors that are not listed, and entries of which nobody survives."""
    for mutant in sorted(set(survivors) - known.keys()):
        yield f"survives without a reason: {told(mutant)}"
    for mutant in sorted(known.keys() - set(survivors)):
        yield f"listed, but does not survive: {told(mutant)}"


def told(mutant: Mutant) -> str:
    """A mutant for people."""
    return f"{mutant.module}.{mutant.function}\n  {mutant.line}\n    {mutant.was}\n -> {mutant.now or '(left out)'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
