"""`jukihub halted list | resume`: residents whose Changes the relay does not carry until a person has looked."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

import orjson
import typer

from hub.acting import Details, acting
from hub.clock import now
from hub.config import settings
from hub.database import Database, connect
from hub.people import Act
from hub.wording import said
from producers import halted

T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]

_app = typer.Typer(no_args_is_help=True, help="Residents whom the relay halts: the door refuses a row of theirs.")


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_app, name="halted")


@_app.command("list")
def list_(as_json: Json = False) -> None:
    """Who is halted, since when, by which code, and how many Changes of theirs wait.

    Example: jukihub halted list
    """
    found = asyncio.run(_as_person(Act.HALTED_SEE, "all", {}, halted.halted))
    if as_json:
        typer.echo(orjson.dumps(found).decode())
        return
    for one in found:
        typer.echo(f"{one['resident']} {one['code']} since {one['since']}, {one['waiting']} waiting")
    if not found:
        typer.echo("nobody is halted", err=True)


@_app.command("resume")
def resume(
    resident: Annotated[UUID, typer.Argument(help="as `halted list` names them")],
    reason: Annotated[str, typer.Option(help="why; say nothing about anybody")],
    as_json: Json = False,
) -> None:
    """Let the relay carry a resident's Changes again, in their order, from the refused one on.

    \b
    Nothing is passed over. Where the door still refuses that row, the resident is halted anew: mend the cause first.
    Example: jukihub halted resume 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e --reason "1.4 reads it"
    """
    details: dict[str, str | int] = {"reason": said(reason, "--reason")}

    async def let_go(registry: Database) -> int:
        details["count"] = await halted.resume(registry, resident)
        return int(details["count"])

    waiting = asyncio.run(_as_person(Act.HALTED_RESUME, str(resident), details, let_go))
    if as_json:
        typer.echo(orjson.dumps({"resident": str(resident), "waiting": waiting}).decode())
    else:
        typer.echo(f"{waiting} Changes go on", err=True)


async def _as_person(act: Act, what: str, details: Details, do: Callable[[Database], Awaitable[T]]) -> T:
    here = settings()
    async with (
        connect(here.database, 1) as hub,
        acting(here, hub, act, what, now, details),
        connect(here.registry_dsn, 1) as registry,
    ):
        return await do(registry)
