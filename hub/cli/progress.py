"""How far a long command has come: one line that is written over, on a terminal alone; elsewhere nothing is said."""

import sys
from collections.abc import Callable
from typing import Final

import typer

_OVER: Final = "\r\x1b[K"
"""To the beginning of the line, and nothing left of what was there."""


def say(text: str, *, stays: bool = False) -> None:
    """Write over what was said before; what `stays` ends its line."""
    if sys.stderr.isatty():
        typer.echo(f"{_OVER}{text}", err=True, nl=stays)


def of(done: int, total: int) -> None:
    """So many of so many."""
    say(f"{done:,} of {total:,}")


def every(step: int) -> Callable[[int], None]:
    """Says a count that rises, whenever it has risen by `step` or more."""
    said = 0

    def counted(count: int) -> None:
        nonlocal said
        if count >= said + step:
            said = count
            say(f"{count:,}")

    return counted
