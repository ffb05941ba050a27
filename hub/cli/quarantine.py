"""`jukihub quarantine …`: who waits behind a change that could not be read, and letting them go by two persons."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from hub.config import settings
from hub.errors import JukiError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from hub.acts import End, Release, Request
    from hub.desk import Desk
    from hub.quarantine import Line

Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
Wait = Annotated[float, typer.Option(min=0, help="seconds to wait for the router to carry it out")]

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
    from hub.acts import new_release  # noqa: PLC0415 - not needed for anybody's help

    asked = asyncio.run(_asked(new_release(partition, offset, discard or []), reason))
    typer.echo(json.dumps(asked.as_json(), ensure_ascii=False) if as_json else str(asked.release.id))
    typer.echo(f"waits until {asked.expires_at:%Y-%m-%d %H:%M} UTC for another person's approval", err=True)


@_quarantine.command("requests")
def list_requests(as_json: Json = False) -> None:
    """What was asked for and waits for another person.

    Example: jukihub quarantine requests
    """
    found = [one.as_json() for one in asyncio.run(_requests())]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        typer.echo("{request} partition {partition} offset {offset}, asked by {requested_by}: {reason}".format(**one))
    if not found:
        typer.echo("nothing waits for approval", err=True)


@_quarantine.command("approve")
def approve(request: UUID, wait: Wait = 30.0, as_json: Json = False) -> None:
    """Approve what another person has asked for; the router then carries it out.

    \b
    All or nothing: where a change still cannot be read and is not discarded, nothing is done (exit 1,
    still-unreadable). Exit 4 where you are who has asked; exit 3 where no router has carried it out yet: it will.
    Example: jukihub quarantine approve 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e
    """
    act, ended = asyncio.run(_approved(request, wait))
    if as_json:
        state = {"code": ended.code, "count": ended.count} if ended else {"code": "due", "count": 0}
        typer.echo(json.dumps({"act": str(act.id), **state}))
    _judge(act, ended)


def _judge(act: "Release", ended: "End | None") -> None:
    if ended is None:
        typer.echo(f"{act.id}: approved; no router has carried it out yet", err=True)
        raise typer.Exit(3)
    if ended.code != "released":
        raise JukiError(ended.code, f"partition {act.partition} offset {act.letter}")
    typer.echo(f"{act.id}: {ended.count} change(s) routed, {len(act.discarded)} discarded", err=True)


def _desk() -> "AbstractAsyncContextManager[Desk]":
    from hub.desk import opened  # noqa: PLC0415 - not needed for anybody's help
    from hub.run import now  # noqa: PLC0415 - as above

    return opened(settings(), now)


async def _lines() -> "list[Line]":
    async with _desk() as desk:
        return await desk.lines()


async def _requests() -> "list[Request]":
    async with _desk() as desk:
        return await desk.requests()


async def _asked(release: "Release", reason: str) -> "Request":
    async with _desk() as desk:
        return await desk.ask(release, reason)


async def _approved(request: UUID, wait: float) -> "tuple[Release, End | None]":
    from hub import acts  # noqa: PLC0415 - not needed for anybody's help

    async with _desk() as desk:
        act = await desk.approve(request)
        until = asyncio.get_running_loop().time() + wait
        while (ended := await acts.ended(desk.database, act.id)) is None:
            if asyncio.get_running_loop().time() >= until:
                break
            await asyncio.sleep(0.1)
        return act, ended
