"""What waits for another person's approval, as every command lists it whose act takes two persons."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson
import typer

from contracts.errors import visible

KEYS: Final = ("request", "requested_by", "reason")
"""Where a request says its id, who has asked, and why."""


def show(
    found: Sequence[Mapping[str, Any]], what: Callable[[Mapping[str, Any]], str], as_json: bool,
    keys: tuple[str, str, str] = KEYS,
) -> None:  # fmt: skip
    """All of it in one JSON document, or a line each: its id, `what` it is, who has asked for it, and why."""
    if as_json:
        typer.echo(orjson.dumps(found, default=str).decode())
        return
    for one in found:
        request, by, why = (one[key] for key in keys)
        typer.echo(visible(f"{request} {what(one)}, asked by {by}: {why}"))
    if not found:
        typer.echo("nothing waits for approval", err=True)
