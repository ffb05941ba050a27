"""What the stand-ins assume is on a page, and each assumption is where the page says that it is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.counterparts import SCRIPT, module

HERE, ROOT = SCRIPT.parent, SCRIPT.parents[2]
PAGE = (HERE / "README.md").read_text(encoding="utf-8")
KINDS = module("standin").KINDS
EVERYBODY = "all"


def rows(title: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    lines = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[2:]]


REPRESENTED, ASSUMED = rows("What is represented"), rows("What is assumed")
PLACES = [place for *_, here, hub in ASSUMED for place in re.findall(r"`([^`]+)`", f"{here} {hub}")]


def names(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What is named directly in a module or a class."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        named = (name for target in targets if target is not None for name in ast.walk(target))
        yield from ((name.id, node) for name in named if isinstance(name, ast.Name))


def exists(place: str) -> bool:
    """Whether `file.name` or `folder/file.Class.name` is there; a file alone is beside this page."""
    path, *within = place.split(".")
    file = (ROOT / path if "/" in path else HERE / path).with_suffix(".py")
    if not within or not file.exists():
        return False
    found: ast.AST | None = ast.parse(file.read_text(encoding="utf-8"))
    for name in within:
        found = dict(names(found)).get(name) if found is not None else None
    return found is not None


@pytest.mark.parametrize("place", sorted({*PLACES}))
def test_an_assumption_sits_where_the_page_says(place: str) -> None:
    assert exists(place)


@pytest.mark.parametrize("place", [
    "prefecture", "prefecture.nothing", "nothing.fault", "memory.Memory.nothing", "hub/nothing.at_all",
])  # fmt: skip
def test_a_place_that_is_none_is_found_out(place: str) -> None:
    assert not exists(place)


def test_every_stand_in_is_on_the_page_and_no_other() -> None:
    assert {cells[0].strip("`") for cells in REPRESENTED} == {*KINDS}
    assert {cells[0] for cells in ASSUMED} == {*KINDS, EVERYBODY}


def test_every_row_says_all_that_it_is_there_for() -> None:
    assert all(len(cells) == 3 and all(cells) for cells in REPRESENTED)
    assert all(len(cells) == 4 and all(cells) for cells in ASSUMED)
    assert all(re.search(r"`[^`]+`", side) for *_, here, hub in ASSUMED for side in (here, hub))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_module_of_a_stand_in_says_what_is_fact_and_what_is_not(kind: str) -> None:
    said = KINDS[kind].__doc__ or ""
    assert all(word in said for word in ("What is assumed.", "Fact", "Unsure"))


def test_every_script_here_is_named_on_the_page_or_by_a_module_that_is() -> None:
    """A rule that was added and is described nowhere would be an assumption that nobody finds."""
    described = {place.split(".")[0] for place in PLACES if "/" not in place} | {"faults", "planting", "lean"}
    assert {file.stem for file in Path(HERE).glob("*.py")} - described == set()
