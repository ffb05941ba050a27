"""Which test belongs to which row: `@pytest.mark.trap("input-04", "V6")`, read from the sources without running them.

A test is as expensive as what it stands on: it is in memory unless one of its fixtures needs the servers of the house,
or its folder is one of those in which every test has real servers or a schedule of faults. What `make test` leaves to
`make faults` bears `pytest.mark.faults`, itself or by the `pytestmark` of its module.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
MEMORY, SERVERS, FAULTS = "in memory", "real servers", "faults on real servers"
_FOLDERS = {"integration": SERVERS, "faults": FAULTS}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Marked:
    """A test of rows of the catalogue. `place`: its file under tests/. `rough`: of `make faults` alone."""

    ids: tuple[str, ...]
    place: str
    name: str
    speed: str
    rough: bool = False

    @property
    def id(self) -> str:
        """As pytest calls it, without its parameters."""
        return f"tests/{self.place}::{self.name}"


def marked(tests: Path = TESTS, mark: str = "trap") -> list[Marked]:
    """Every test under `tests` that bears `mark`, in the order of files and lines."""
    return [one for file in sorted(tests.rglob("test_*.py")) for one in _of(file, tests, mark)]


def _of(file: Path, tests: Path, mark: str) -> Iterator[Marked]:
    place, body = file.relative_to(tests), _body(file)
    functions, rough = [node for node in body if isinstance(node, Function)], _is_rough(body)
    fixtures = _fixtures(file, tests) | {one.name: _wanted(one) for one in functions if _is_fixture(one)}
    for one in functions:
        if ids := tuple(id_ for decorator in one.decorator_list for id_ in _ids(decorator, mark)):
            speed = _speed(place, _closure(_wanted(one), fixtures))
            yield Marked(ids, place.as_posix(), one.name, speed, rough or any(map(_faults, one.decorator_list)))


def _speed(place: Path, fixtures: set[str]) -> str:
    return _FOLDERS.get(place.parts[0], SERVERS if "house" in fixtures else MEMORY)


def _is_rough(body: list[ast.stmt]) -> bool:
    """Whether the module marks all of its tests so."""
    given = [node for node in body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"]
    marks = [one for node in given for one in (node.value.elts if isinstance(node.value, ast.List) else [node.value])]
    return any(map(_faults, marks))


def _faults(mark: ast.expr) -> bool:
    return ast.unparse(mark) in ("pytest.mark.faults", "pytest.mark.faults()")


@cache
def _body(file: Path) -> list[ast.stmt]:
    return ast.parse(file.read_text(encoding="utf-8")).body


def _functions(file: Path) -> list[Function]:
    return [node for node in _body(file) if isinstance(node, Function)]


def _fixtures(file: Path, tests: Path) -> dict[str, set[str]]:
    """The fixtures of every conftest.py from `tests` down to `file`."""
    folders = [folder for folder in reversed(file.parents) if folder.is_relative_to(tests)]
    found = [folder / "conftest.py" for folder in folders if (folder / "conftest.py").exists()]
    return {one.name: _wanted(one) for conftest in found for one in _functions(conftest) if _is_fixture(one)}


def _closure(names: set[str], fixtures: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    while fresh := names - found:
        found |= fresh
        names = {name for one in fresh for name in fixtures.get(one, set())}
    return found


def _wanted(function: Function) -> set[str]:
    return {argument.arg for argument in function.args.args}


def _is_fixture(function: Function) -> bool:
    return any("fixture" in ast.unparse(decorator) for decorator in function.decorator_list)


def _ids(decorator: ast.expr, mark: str) -> list[str]:
    if not isinstance(decorator, ast.Call) or ast.unparse(decorator.func) != f"pytest.mark.{mark}":
        return []
    return [str(ast.literal_eval(argument)) for argument in decorator.args]
