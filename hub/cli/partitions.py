"""`jukihub partitions …`: letting a partition go on that stands still before a record of nobody, by two persons."""

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

Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
Wait = Annotated[float, typer.Option(min=0, help="seconds to wait for the router to carry it out")]

_partitions = typer.Typer(no_args_is_help=True, help="Partitions that stand still (停止), and letting them go on.")


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_partitions, name="partitions")


@_partitions.command("pass")
def pass_over(
    partition: Annotated[int, typer.Option(min=0, help="as the router's line `partition-stopped` says")],
    offset: Annotated[int, typer.Option(min=0, help="the same")],
    reason: Annotated[str, typer.Option(help="why; kept for ever, so nothing about a resident")],
    as_json: Json = False,
) -> None:
    """Ask for the record before which a partition stands still to be passed over. Prints the request's id.

    \b
    It goes into quarantine as it came, under nobody's name. Nothing happens until another person types
    `jukihub partitions approve` within a day.
    Example: jukihub partitions pass --partition 3 --offset 17 --reason "written by hand in the drill of 1 May"
    """
    from hub.acts import new_release  # noqa: PLC0415 - not needed for anybody's help

    asked = asyncio.run(_asked(new_release(partition, offset, []), reason))
    typer.echo(json.dumps(asked.as_json(), ensure_ascii=False) if as_json else str(asked.release.id))
    typer.echo(f"waits until {asked.expires_at:%Y-%m-%d %H:%M} UTC for another person's approval", err=True)


@_partitions.command("requests")
def list_requests(as_json: Json = False) -> None:
    """What was asked for and waits for another person.

    Example: jukihub partitions requests
    """
    found = [one.as_json() for one in asyncio.run(_requests())]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        typer.echo("{request} partition {partition} offset {offset}, asked by {requested_by}: {reason}".format(**one))
    if not found:
        typer.echo("nothing waits for approval", err=True)


@_partitions.command("approve")
def approve(request: UUID, wait: Wait = 30.0, as_json: Json = False) -> None:
    """Approve what another person has asked for; the router then carries it out.

    \b
    Exit 1 (not-stopped-there) where the partition does not stand still at that offset; 4 where you are who has asked; 3
    where no router has carried it out yet: it will.
    Example: jukihub partitions approve 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e
    """
    act, ended = asyncio.run(_approved(request, wait))
    if as_json:
        typer.echo(json.dumps({"act": str(act.id), "code": ended.code if ended else "due"}))
    if ended is None:
        typer.echo(f"{act.id}: approved; no router has carried it out yet", err=True)
        raise typer.Exit(3)
    if ended.code != "passed-over":
        raise JukiError(ended.code, f"partition {act.partition} offset {act.letter}")
    typer.echo(f"{act.id}: partition {act.partition} goes on behind offset {act.letter}", err=True)


def _desk() -> "AbstractAsyncContextManager[Desk]":
    from hub.acts import RECORD  # noqa: PLC0415 - not needed for anybody's help
    from hub.desk import opened  # noqa: PLC0415 - as above
    from hub.run import now  # noqa: PLC0415 - as above

    return opened(settings(), now, RECORD)


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
