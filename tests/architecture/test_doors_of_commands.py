"""A module of commands that opens a database says who is at the door, or stands here with why nobody needs to be."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from hub.people import Act

ROOT: Final = Path(__file__).resolve().parents[2]
MODULES: Final = [
    *(ROOT / "hub" / "cli").glob("*.py"), *(ROOT / "consumers" / "cli").glob("*.py"),
    *(ROOT / "producers").glob("**/*cli.py"),
]  # fmt: skip
DOORS: Final = {"typed", "typist", "acting", "present", "opened"}
"""What lets somebody in and notes it; `opened` is a desk, which goes through `present`."""
OPEN: Final = {"producers/city_cli.py": "a made-up city, in a registry that has nobody else in it"}


def names(module: Path) -> set[str]:
    tree = ast.parse(module.read_text("utf-8"))
    imported = [node.names for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {alias.name for aliases in imported for alias in aliases} | {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_whatever_opens_a_database_has_a_door(module: Path) -> None:
    found = names(module)
    without = "connect" in found and not found & DOORS
    assert without == (str(module.relative_to(ROOT)) in OPEN)


def test_the_list_of_open_ones_names_modules_that_are_there() -> None:
    assert OPEN.keys() <= {str(module.relative_to(ROOT)) for module in MODULES}


def test_every_act_that_a_duty_allows_is_asked_for_somewhere() -> None:
    rooms = [file for room in ("hub", "producers", "consumers") for file in (ROOT / room).glob("**/*.py")]
    code = "\n".join(file.read_text("utf-8") for file in rooms if file != ROOT / "hub" / "people.py")
    assert [act for act in Act if not re.search(rf"\.{act.name}\b", code)] == []
