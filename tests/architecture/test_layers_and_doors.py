"""A change flows one way, and each outside thing has one door."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("contracts", "hub", "producers", "consumers")
PYTHON = Path(sys.executable)

DOORS = {
    "aiokafka": {"hub/bus/client.py", "hub/bus/inquiry.py", "hub/bus/reading.py", "hub/bus/request.py",
                 "hub/bus/sending.py", "hub/bus/transaction.py", "hub/bus/writing.py", "consumers/subscribe/feed.py"},
    "alembic": {"hub/migrate.py"},
    "argon2": {"hub/passwords.py"},
    "asyncpg": {"hub/database.py"},
    "boto3": {"consumers/files/store.py"},
    "confluent_kafka": {"hub/broker_admin.py"},
    "fastapi": {"hub/api/app.py", "hub/api/door.py", "hub/api/machines.py", "hub/api/problems.py"},
    "uvicorn": {"hub/api/serving.py"},
    "sqlalchemy": {"hub/migrate.py"},
    "faust": {"hub/watch.py"},
    "pkcs11": {"hub/kek/hsm.py"},
}  # fmt: skip


def sources(room: str) -> Iterator[Path]:
    yield from sorted((ROOT / room).rglob("*.py"))


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """Everything in a module, read once: each test looks at all of them."""
    return tuple(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


@cache
def imported(file: Path) -> frozenset[str]:
    """The modules that a module names."""
    names = {alias.name for node in nodes(file) if isinstance(node, ast.Import) for alias in node.names}
    return frozenset(names | {node.module or "" for node in nodes(file) if isinstance(node, ast.ImportFrom)})


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_layers_hold() -> None:
    done = run(str(PYTHON.with_name("lint-imports")), "--no-cache")
    assert done.returncode == 0, done.stdout


def test_the_style_holds() -> None:
    done = run(str(PYTHON.with_name("ruff")), "check", "--no-cache", "--quiet", ".")
    assert done.returncode == 0, done.stdout


def test_the_types_hold() -> None:
    done = run(str(PYTHON.with_name("mypy")))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("library", DOORS)
def test_each_outside_thing_has_one_door(library: str) -> None:
    through = {
        str(file.relative_to(ROOT))
        for room in ROOMS
        for file in sources(room)
        if any(name.split(".")[0] == library for name in imported(file))
    }
    assert through <= DOORS[library]


def test_what_decides_imports_the_standard_library_and_readers_of_forms_alone() -> None:
    allowed = sys.stdlib_module_names | {
        "contracts", "msgspec", "orjson", "pydantic", "pydantic_core", "typing_extensions",
    }  # fmt: skip
    foreign = {(file.name, name) for file in sources("contracts") for name in imported(file)
               if name.split(".")[0] not in allowed}  # fmt: skip
    assert foreign == set()


def test_the_subscribers_library_imports_contracts_and_stock_libraries_alone() -> None:
    allowed = sys.stdlib_module_names | {"contracts", "aiokafka", "joserfc"}
    foreign = {(file.name, name) for file in sources("consumers/subscribe") for name in imported(file)
               if name.split(".")[0] not in allowed and not name.startswith("consumers.subscribe")}  # fmt: skip
    assert foreign == set()


def test_one_module_reads_the_environment() -> None:
    readers = {
        str(file.relative_to(ROOT))
        for room in ROOMS
        for file in sources(room)
        for node in nodes(file)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}
    }
    assert readers == {"hub/config.py"}


@pytest.mark.trap("C12")
def test_there_is_one_way_to_the_keys_of_a_database_and_it_reads_first_which_were_destroyed() -> None:
    makers = {
        str(file.relative_to(ROOT))
        for room in ROOMS
        for file in sources(room)
        for node in nodes(file)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "KeyStore"
    }
    assert makers == {"hub/destroyed.py"}


@pytest.mark.parametrize("room", ROOMS)
def test_our_rooms_are_imported_from_our_own_tree(room: str) -> None:
    spec = find_spec(room)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(ROOT)


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_says_what_it_promises(room: str) -> None:
    modules = {file.name: nodes(file)[0] for file in sources(room)}
    silent = [name for name, one in modules.items()
              if isinstance(one, ast.Module) and one.body and not ast.get_docstring(one)]  # fmt: skip
    assert silent == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_holds_a_file_of_two_things(room: str) -> None:
    long = {file.name: lines for file in sources(room) if (lines := len(file.read_text().splitlines())) > 400}
    assert long == {}


def texts() -> dict[str, str]:
    """Every file that is ours, also one that is not committed yet."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout.split("\0")
    files = [name for name in listed if name and (ROOT / name).is_file()]
    return {name: (ROOT / name).read_text(encoding="utf-8", errors="ignore") for name in files}


def test_no_file_waits_for_a_text_that_was_to_be_filled_in() -> None:
    assert {name for name, text in texts().items() if re.search(r"@@[A-Z_]+@@", text)} == set()


def test_no_file_names_one_machine_or_a_registry() -> None:
    words = [one + rest for one, rest in (("/", "work/"), ("bash", "_jobs"), ("/", "root/"), ("pypi", ".org"),
             ("python", "hosted"), ("maven", ".org"), ("npmjs", ".org"))]  # fmt: skip
    assert {name for name, text in texts().items() if any(word in text for word in words)} == set()
