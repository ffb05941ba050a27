"""`jukihub quarantine …`: who waits behind a change that could not be read, and letting them go by two persons."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from hub.cli import requested
from hub.cli.requested import Json, Wait

if TYPE_CHECKING:
    from hub.quarantine import Line

_quarantine = typer.Typer(no_args_is_help=True, help="Changes that could not be read (隔離), and who waits behind.")


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_quarantine, name="quarantine")


@_quarantine.command("list")
def list_lines(as_json: Json = False) -> None:
    """One line per parked resident: where, why, since when, how many changes wait behind. Never who, never what.

    Example: jukihub quarantine list --json
    """
    found = [line.as_json() for line in asyncio.run(_lines())]
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found:
        typer.echo("partition {partition} offset {offset}: {code} since {since}, {behind} waiting behind".format(**one))
    if not found:
        typer.echo("nobody waits", err=True)


@_quarantine.command("release")
def release(
    partition: Annotated[int, typer.Option(min=0, help="where the letter lies, as `list` says")],
    offset: Annotated[int, typer.Option(min=0, help="the same")],
    reason: Annotated[str, typer.Option(help="why; kept for ever, so nothing about a resident")],
    discard: Annotated[list[int] | None, typer.Option(help="offset of a letter never to be told; repeat")] = None,
    as_json: Json = False,
) -> None:
    """Ask for what waits in one line to be routed again, in order and unaltered. Prints the request's id.

    \b
    Nothing happens until another person types `jukihub quarantine approve` within a day.
    Examples:
      jukihub quarantine release --partition 3 --offset 17 --reason "1.4 reads it"
      jukihub quarantine release --partition 3 --offset 17 --discard 17 --reason "the registry sent it again as a
        correction"
    """
    from hub.acts import RELEASE, new_release  # noqa: PLC0415 - not needed for anybody's help

    requested.ask(RELEASE, new_release(partition, offset, discard or []), reason, as_json)


@_quarantine.command("requests")
def list_requests(as_json: Json = False) -> None:
    """What was asked for and waits for another person.

    Example: jukihub quarantine requests
    """
    from hub.acts import RELEASE  # noqa: PLC0415 - as above

    requested.show(RELEASE, as_json)


@_quarantine.command("approve")
def approve(request: UUID, wait: Wait = 30.0, as_json: Json = False) -> None:
    """Approve what another person has asked for; the router then carries it out.

    \b
    All or nothing: where a change still cannot be read and is not discarded, nothing is done (exit 1,
    still-unreadable). Exit 4 where you are who has asked; exit 3 where no router has carried it out yet: it will.
    Example: jukihub quarantine approve 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e
    """
    from hub.acts import RELEASE  # noqa: PLC0415 - as above

    act, ended = requested.approve(RELEASE, request, wait, as_json, "released")
    typer.echo(f"{act.id}: {ended.count} change(s) routed, {len(act.discarded)} discarded", err=True)


async def _lines() -> "list[Line]":
    from hub.acts import RELEASE  # noqa: PLC0415 - as above

    async with requested.desk(RELEASE) as desk:
        return await desk.lines()
