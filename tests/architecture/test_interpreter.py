"""The environment is made from the faster Python, and never from one that cannot carry it."""

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

INTERPRETER: dict[str, Any] = runpy.run_path(str(Path(__file__).resolve().parents[2] / "infra" / "interpreter.py"))
ASKED, SYSTEM, OTHER = "/asked/python3", "/usr/bin/python3.11", "/opt/other/bin/python3.11"
OURS, NEWER, OLDER = (3, 11, 2), (3, 13, 0), (3, 9, 9)


@pytest.mark.parametrize(("of_asked", "found", "chosen"), [
    ((OURS, 0.050), {SYSTEM: (OURS, 0.025)}, SYSTEM),
    ((OURS, 0.050), {SYSTEM: (OURS, 0.030), OTHER: (OURS, 0.025)}, OTHER),
    ((OURS, 0.029), {SYSTEM: (OURS, 0.025)}, ASKED),  # not clearly faster: what was asked for stays
    ((NEWER, 0.025), {SYSTEM: (OURS, 0.025)}, ASKED),
    ((OURS, 0.050), {SYSTEM: (NEWER, 0.010)}, ASKED),  # the tests do not run on that one
    ((OURS, 0.050), {SYSTEM: None}, ASKED),
    ((OURS, 0.050), {}, ASKED),
    ((OLDER, 0.010), {SYSTEM: (OURS, 0.025)}, SYSTEM),  # too old, however fast
    (None, {SYSTEM: (OURS, 0.025)}, SYSTEM),
    (None, {}, ASKED),  # and `make install` says what is wrong with it
])  # fmt: skip
def test_another_python_is_taken_only_where_it_is_clearly_faster_and_tested(
    of_asked: Any, found: dict[str, Any], chosen: str
) -> None:
    assert INTERPRETER["chosen_of"](ASKED, of_asked, found) == chosen


def test_an_interpreter_is_measured_by_running_it() -> None:
    version, seconds = INTERPRETER["tried"](sys.executable)
    assert version == sys.version_info[:3]
    assert seconds > 0


@pytest.mark.parametrize("path", ["/nowhere/python3", "/bin/false", "/bin/echo"])
def test_what_is_no_interpreter_is_not_taken(path: str) -> None:
    assert INTERPRETER["tried"](path) is None
