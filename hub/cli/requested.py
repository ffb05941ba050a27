"""What one person asks for at the desk and another approves: for `jukihub quarantine` and `jukihub partitions`."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from hub.cli import awaiting
from hub.config import settings
from hub.errors import JukiError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from hub.acts import End, Release, Request
    from hub.desk import Desk

Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
Wait = Annotated[float, typer.Option(min=0, help="seconds to wait for the router to carry it out")]


def desk(kind: str) -> "AbstractAsyncContextManager[Desk]":
    """The desk for whoever types the command."""
    from hub.clock import now  # noqa: PLC0415 - as above
    from hub.desk import opened  # noqa: PLC0415 - not needed for anybody's help

    return opened(settings(), now, kind)


def ask(kind: str, release: "Release", reason: str, as_json: bool) -> None:
    """Ask for it; the request's id on stdout."""
    asked = asyncio.run(_asked(kind, release, reason))
    typer.echo(json.dumps(asked.as_json(), ensure_ascii=False) if as_json else str(asked.release.id))
    typer.echo(f"waits until {asked.expires_at:%Y-%m-%d %H:%M} UTC for another person's approval", err=True)


def show(kind: str, as_json: bool) -> None:
    """What waits for another person."""
    found = [one.as_json() for one in asyncio.run(_requests(kind))]
    awaiting.show(found, lambda one: f"partition {one['partition']} offset {one['offset']}", as_json)


def approve(kind: str, request: UUID, wait: float, as_json: bool, done: str) -> "tuple[Release, End]":
    """Approve it, and wait until the router has carried it out; JukiError where that ended otherwise than `done`."""
    act, ended = asyncio.run(_approved(kind, request, wait))
    if as_json:
        state = {"code": ended.code, "count": ended.count} if ended else {"code": "due", "count": 0}
        typer.echo(json.dumps({"act": str(act.id), **state}))
    if ended is None:
        typer.echo(f"{act.id}: approved; no router has carried it out yet", err=True)
        raise typer.Exit(3)
    if ended.code != done:
        raise JukiError(ended.code, f"partition {act.partition} offset {act.letter}")
    return act, ended


async def _requests(kind: str) -> "list[Request]":
    async with desk(kind) as here:
        return await here.requests()


async def _asked(kind: str, release: "Release", reason: str) -> "Request":
    async with desk(kind) as here:
        return await here.ask(release, reason)


async def _approved(kind: str, request: UUID, wait: float) -> "tuple[Release, End | None]":
    from hub import acts  # noqa: PLC0415 - not needed for anybody's help

    async with desk(kind) as here:
        act = await here.approve(request)
        until = asyncio.get_running_loop().time() + wait
        while (ended := await acts.ended(here.database, act.id)) is None:
            if asyncio.get_running_loop().time() >= until:
                break
            await asyncio.sleep(0.1)
        return act, ended
