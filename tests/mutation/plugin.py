"""A plugin of pytest that runs its tests once for each mutant, in a process of its own that is forked before any test.

Tests are found once. A first child runs all of them and notes which functions each one calls; a mutant is tried by the
tests that call its function, the quickest first, and then by the others of their files, which may share what those have
made, until one fails. Nothing is written but the outcomes.
"""

import importlib
import json
import os
import signal
import sys
import time
from ast import Module
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol

from contracts import book
from tests.mutation.mutants import Mutant, mutants, put_in

SECONDS: Final = 60
"""Of the processor, after which a mutant counts as ended: no test of ours takes as long."""
SURVIVED, KILLED, BROKEN = 0, 1, 3
Calls = dict[str, list[str]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutate", action="append", default=[], help="module, or module:function; repeatable")
    parser.addoption("--outcomes", help="file to which the outcomes are written, as JSON")


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Instead of running the tests: run them for every mutant."""
    places = session.config.getoption("--mutate")
    modules = {name: importlib.import_module(name) for name in dict.fromkeys(each.split(":")[0] for each in places)}
    files = {str(module.__file__): name for name, module in modules.items()}
    calls, failed = _first_run(session, files)
    found = [
        (mutant, tree) for name, module in modules.items()
        for mutant, tree in mutants(name, Path(str(module.__file__)).read_text(encoding="utf-8"))
        if name in places or f"{name}:{mutant.function}" in places
    ]  # fmt: skip
    outcomes = [] if failed else list(_tried(session, modules, found, calls))
    told = {"failed": failed, "tests": len(session.items), "outcomes": outcomes}
    Path(session.config.getoption("--outcomes")).write_text(json.dumps(told), encoding="utf-8")
    return True


def _first_run(session: pytest.Session, files: dict[str, str]) -> tuple[Calls, list[str]]:
    """The tests of each function, then those of their files, the quickest first; and what fails without any mutant."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(read)
        with os.fdopen(write, "w") as told:
            json.dump(_noted(session, files), told)
        os._exit(SURVIVED)
    os.close(write)
    with os.fdopen(read) as told:
        noted: dict[str, Any] = json.load(told)
    os.waitpid(pid, 0)
    quickest = sorted(noted["seconds"], key=lambda test: noted["seconds"][test])
    functions = {function for called in noted["calls"].values() for function in called}
    files = {each: {_file(test) for test, called in noted["calls"].items() if each in called} for each in functions}
    return {
        each: sorted((test for test in quickest if _file(test) in files[each]),
                     key=lambda test: each not in noted["calls"][test])
        for each in functions
    }, noted["failed"]  # fmt: skip


def _file(test: str) -> str:
    return test.split("::", maxsplit=1)[0]


def _noted(session: pytest.Session, files: dict[str, str]) -> dict[str, Any]:
    calls, seconds, failed = {}, {}, []
    for at, item in enumerate(session.items):
        called: set[str] = set()

        def note(frame: FrameType, event: str, _argument: Any, called: set[str] = called) -> None:
            if event == "call" and frame.f_code.co_filename in files:
                called.add(f"{files[frame.f_code.co_filename]}:{frame.f_code.co_qualname.split('.<locals>')[0]}")

        begun = time.perf_counter()
        sys.setprofile(note)
        passed = _passes(session, at, session.items)
        sys.setprofile(None)
        calls[item.nodeid], seconds[item.nodeid] = sorted(called), time.perf_counter() - begun
        failed += [] if passed else [item.nodeid]
    return {"calls": calls, "seconds": seconds, "failed": failed}


def _passes(_session: pytest.Session, at: int, items: list[pytest.Item]) -> bool:
    following = items[at + 1] if at + 1 < len(items) else None
    book._shipped.cache_clear()  # what was judged before would meet no mutant, and call nothing that can be noted
    return not any(report.failed for report in runtestprotocol(items[at], log=False, nextitem=following))


def _tried(
    session: pytest.Session, modules: dict[str, Any], found: list[tuple[Mutant, Callable[[], Module]]], calls: Calls
) -> Iterator[tuple[Mutant, str]]:
    """How each mutant ended; as many at a time as there are cores."""
    running: dict[int, Mutant] = {}
    for mutant, tree in found:
        if len(running) == (os.cpu_count() or 1):
            yield _ended(running)
        tests = _tests(session, mutant, calls)
        pid = os.fork()
        if not pid:
            _child(lambda: put_in(modules[mutant.module], mutant, tree()), session, tests)  # noqa: B023 - forked at once
        running[pid] = mutant
    while running:
        yield _ended(running)


def _tests(session: pytest.Session, mutant: Mutant, calls: Calls) -> list[pytest.Item]:
    """The tests of its function; of a table, all tests that call anything of its module."""
    key = f"{mutant.module}:{mutant.function}"
    table = mutant.function.startswith("_") and key not in calls and mutant.function.isupper()
    names = calls.get(key, [])
    if table:
        names = list(dict.fromkeys(each for other, tests in calls.items() if other.startswith(f"{mutant.module}:")
                                   for each in tests))  # fmt: skip
    by_name = {item.nodeid: item for item in session.items}
    return [by_name[name] for name in names]


def _child(mutate: Callable[[], None], session: pytest.Session, items: list[pytest.Item]) -> None:
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        mutate()
        survived = all(_passes(session, at, items) for at in range(len(items)))
    except BaseException:  # noqa: BLE001 - also a mutant that asks pytest to end is noticed
        os._exit(KILLED)
    os._exit(SURVIVED if survived else KILLED)


def _ended(running: dict[int, Mutant]) -> tuple[Mutant, str]:
    pid, status = os.wait()
    code = os.waitstatus_to_exitcode(status)
    return running.pop(pid), {SURVIVED: "survived", KILLED: "killed"}.get(code, "ended")
