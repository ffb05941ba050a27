"""The command `jukihub`. Each module of this folder, and each room above hub, brings its own commands.

A module has one function `commands(app, run)` that registers on the top level and under `jukihub run`. Which module has
which command stands in a table, here and in each room, so that the one that was typed is loaded alone and answers at
once. Rooms that stand above hub (producers, consumers) are found by the entry point group `jukihub.commands`, which
names their tables. No traceback is ever printed: exceptions of libraries quote the values that they object to.
"""

import logging
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from traceback import walk_tb
from typing import Final

import typer

from contracts.errors import BookRefused, JukiError
from hub.errors import AlreadyTold

GROUP: Final = "jukihub.commands"
COMMANDS: Final[Mapping[str, str]] = {
    word: f"hub.cli.{module}"
    for module, words in {
        "decide": ("decide",), "explain": ("explain",), "ledger": ("ledger",), "contracts": ("contracts",),
        "demo": ("demo",), "house": ("up", "down"), "status": ("status",), "run": ("run",), "topics": ("topics",),
        "keys": ("keys",), "erase": ("erase",), "recall": ("recall",),
        "quarantine": ("quarantine",), "partitions": ("partitions",), "people": ("people",),
        "terminals": ("terminals",), "audit": ("audit",), "api": ("api",), "bench": ("bench",),
    }.items()
    for word in words
}  # fmt: skip
"""Which module of this folder has a command, in the order of the help."""
SHARED: Final = frozenset({"run", "bench", "ledger"})
"""Commands to which other rooms add some of their own."""

ROOMS: Final = ("contracts", "hub", "producers", "consumers")

HELP: Final = """
Carry the changes of a resident registry to the systems that the law lets hear of them.

\b
Examples:
  jukihub decide < changes.jsonl      who is told what, without any server
  jukihub contracts check             does the law support every contract?
  jukihub up                          start Kafka, PostgreSQL and every process
  jukihub status                      is all well, and what to do if not
  jukihub down                        stop them

stdout is data, stderr is for people. Exit codes: 0 ok, 1 error, 2 usage, 3 partial, 4 approval required,
5 not permitted, 6 dependency unavailable.
"""


def main() -> None:
    """Run the command line of this process; every ending has one of the exit codes of the help."""
    _silence_libraries()
    try:
        build(sys.argv[1:])(prog_name="jukihub")
    except JukiError as refused:
        sys.exit(_told(refused))
    except BaseExceptionGroup as several:
        sys.exit(max(_told(each) for each in _leaves(several)))
    except Exception as surprise:  # noqa: BLE001 - the last stop: its text may quote values, so only its type is told
        sys.exit(_told(surprise))


def _silence_libraries() -> None:
    """A command has no log until it becomes a process (hub/log.py): what a library says may quote values."""
    logging.basicConfig(handlers=[logging.NullHandler()])


def build(arguments: list[str]) -> typer.Typer:
    """The application for these arguments: all of it, or only the one command that they name."""
    app = typer.Typer(
        help=HELP, no_args_is_help=True, add_completion=False,
        pretty_exceptions_enable=False, pretty_exceptions_show_locals=False,
    )  # fmt: skip
    run = typer.Typer(help="Run one process of the hub in the foreground.", no_args_is_help=True)
    app.callback()(_nothing)
    for module in _modules(arguments[0] if arguments else ""):
        _register(module, app, run)
    app.add_typer(run, name="run")
    return app


def _modules(wanted: str) -> list[str]:
    """The modules that have the command `wanted`; all of them where none has it, for the help and for the refusal."""
    if wanted in COMMANDS and wanted not in SHARED:
        return [COMMANDS[wanted]]
    tables = [COMMANDS, *_rooms()]
    found = [table[wanted] for table in tables if wanted in table]
    return found or [*dict.fromkeys(module for table in tables for module in table.values())]


def _nothing() -> None:
    """Without a callback Typer would run a single command without its name."""


def _rooms() -> Iterator[Mapping[str, str]]:
    """The tables of the rooms above hub."""
    for room in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            yield room.load()
        except (ImportError, AttributeError) as missing:
            _lacks(room.name, missing)


def _register(module: str, app: typer.Typer, run: typer.Typer) -> None:
    try:
        import_module(module).commands(app, run)
    except ImportError as missing:
        _lacks(module, missing)


def _lacks(room: str, missing: ImportError | AttributeError) -> None:
    typer.echo(f"jukihub: room {room} has no commands here: {missing.name} is missing [missing-room]", err=True)


def _told(error: BaseException) -> int:
    if isinstance(error, BookRefused):
        typer.echo(str(error), err=True)
        typer.echo(f"jukihub: {error.place}: nothing is loaded [{error.code}]", err=True)
        return error.exit_code
    if isinstance(error, AlreadyTold):
        return error.exit_code
    if isinstance(error, JukiError):
        typer.echo(f"jukihub: {error}", err=True)
        return error.exit_code
    typer.echo(f"jukihub: {type(error).__name__} in {_where(error)} [internal-error]", err=True)
    return 1


def _where(error: BaseException) -> str:
    """Module and line of our own code that came last: no value, and enough to find the fault."""
    passed = [(str(frame.f_globals.get("__name__")), line) for frame, line in walk_tb(error.__traceback__)]
    own = [f"{module}:{line}" for module, line in passed if module.split(".")[0] in ROOMS]
    return own[-1] if own else "a library"


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
