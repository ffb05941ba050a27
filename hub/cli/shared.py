"""What several commands take in the same way: a Book, a day, a case."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer

from contracts.book import Book, load
from contracts.change import JAPAN
from contracts.dates import last_day
from hub.clock import now
from hub.config import settings
from hub.errors import UsageError

Folder = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="folder of a Book; else HUB_CONTRACTS, else the shipped one")
]
Case = Annotated[
    str | None, typer.Option(metavar="NUMBER", help="the case (案件番号); kept for ever, so nothing about a resident")
]
_LATEST: Final = date(2999, 12, 31)


def book(folder: Path | None) -> Book:
    """The Book in `folder`, else in HUB_CONTRACTS, else the shipped one; raises BookRefused, UsageError."""
    given = settings()  # asked in any case: an unknown HUB_* name is an error of every command
    return load(folder or given.contracts)


def day_of(text: str) -> date:
    """The day of an option `--on`; a usage error where it is none."""
    day = last_day(text)
    if day is None or day > _LATEST:
        raise typer.BadParameter("a day such as 2026-04-01 is meant", param_hint="--on")
    return day


def day_or_today(on: str | None) -> date:
    """The day of an option `--on`, or today in Japan; a usage error where it is none."""
    return now().astimezone(JAPAN).date() if on is None else day_of(on)


def bench_of(app: typer.Typer) -> typer.Typer:
    """The group `bench` of `app`, to which each room adds what it measures."""
    return _group(app, "bench", "Measure: decisions, routing, delays, hand-over, proofs, first loads, a year.")


def ledger_of(app: typer.Typer) -> typer.Typer:
    """The group `ledger` of `app`, to which who holds the residents adds what is asked about one of them."""
    return _group(app, "ledger", "The ledger (提供記録), for those who do not take our word: export, verify, prove.")


def _group(app: typer.Typer, name: str, said: str) -> typer.Typer:
    for known in app.registered_groups:
        if known.name == name and known.typer_instance is not None:
            return known.typer_instance
    group = typer.Typer(help=said, no_args_is_help=True)
    app.add_typer(group, name=name)
    return group


@contextmanager
def new_file(file: Path, place: str) -> Iterator[BinaryIO]:
    """A file that was not there, which nobody else can read from its first moment on; gone again where it fails.

    `place`: the word of the command that names it. UsageError `not-a-new-file`.
    """
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        raise UsageError("not-a-new-file", place, "Name a file that is not there, in a folder that is") from None
    try:
        with os.fdopen(handle, "wb") as opened:
            yield opened
    except BaseException:
        file.unlink(missing_ok=True)
        raise
