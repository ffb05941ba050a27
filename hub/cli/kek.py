"""`jukihub keys kek …`: the keys that wrap all others."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import typer

from hub.cli import awaiting, progress
from hub.cli.requested import Json
from hub.config import settings

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from hub.kek.keeping import Done, Keeper, Order
    from hub.kek.rewrapping import HowFar, Kek

kek = typer.Typer(no_args_is_help=True, help="KEKs: the keys that wrap all others (HUB_KEK says where they lie).")

Reason = Annotated[str, typer.Option(help="why; kept for ever")]

_BACKUPS: Final = """\
Backups from before this open with the old KEK alone. Make a new backup now; when no older one is needed any more:
jukihub keys kek destroy\
"""


@kek.command("status")
def status(as_json: Json = False) -> None:
    """Every KEK: wraps (what is new), leaving (still wraps something), retired, destroyed, or lost (needed, not there).

    Example: jukihub keys kek status
    """
    found = asyncio.run(_status())
    if as_json:
        typer.echo(json.dumps([_as_json(one) for one in found]))
        return
    for one in found:
        under = ", ".join(f"{count} {what}" for what, count in sorted(one.under.items()))
        typer.echo(f"{one.id}  {one.state}  {under or 'wraps nothing'}")


@kek.command("make")
def make() -> None:
    """Make the first KEK in the token of HUB_KEK. Prints its id. Exit 5 where there is one.

    \b
    It is made in the token, sensitive and not extractable: nobody can copy it. Let the token's own means keep a
    second one (a pair, or its maker's backup) before anything is wrapped.
    Example: jukihub keys kek make
    """
    typer.echo(asyncio.run(_made()))


@kek.command("rotate")
def rotate(reason: Reason, as_json: Json = False) -> None:
    """Ask for a new KEK. Prints the request's id; another person types `jukihub keys kek approve` within a day.

    Example: jukihub keys kek rotate --reason "年次の更新"
    """
    _told(asyncio.run(_asked("rotate", "", reason)), as_json)


@kek.command("destroy")
def destroy(name: Annotated[str, typer.Argument(metavar="KEK")], reason: Reason, as_json: Json = False) -> None:
    """Ask for a retired KEK to be destroyed in its token: no backup that needs it opens ever after.

    \b
    Prints the request's id; another person types `jukihub keys kek approve` within a day.
    Example: jukihub keys kek destroy pkcs11-1-5d0c9e1f --reason "旧バックアップの保存期間が満了した"
    """
    _told(asyncio.run(_asked("destroy", name, reason)), as_json)


@kek.command("requests")
def list_requests(as_json: Json = False) -> None:
    """What was asked for and waits for another person.

    Example: jukihub keys kek requests
    """
    found = [one.as_json() for one in asyncio.run(_requests())]
    awaiting.show(found, lambda one: f"{one['what']} {one['kek']}", as_json)


@kek.command("approve")
def approve(request: UUID, as_json: Json = False) -> None:
    """Approve what another person has asked for: a new KEK wraps everything, or a retired one is destroyed.

    \b
    Everything goes on running meanwhile. Cut off, `jukihub keys kek resume` carries it on. Exit 3 where some keys
    could not be wrapped, because the KEK that they need is not there; exit 4 where you are who has asked.
    Example: jukihub keys kek approve 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e
    """
    _ended(asyncio.run(_approved(request)), as_json)


@kek.command("resume")
def resume(as_json: Json = False) -> None:
    """Go on with a replacement that was cut off; also after a backup was restored. Makes no KEK that nobody approved.

    Example: jukihub keys kek resume
    """
    _ended(asyncio.run(_resumed()), as_json)


def _told(order: "Order", as_json: bool) -> None:
    typer.echo(json.dumps(order.as_json(), ensure_ascii=False) if as_json else str(order.id))
    typer.echo(f"waits until {order.expires_at:%Y-%m-%d %H:%M} UTC for another person's approval", err=True)


def _ended(done: "Done", as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(done.as_json()))
    typer.echo(f"{done.kek}: {done.moved.done} wrapped anew; retired: {', '.join(done.retired) or 'none'}", err=True)
    if done.retired:
        typer.echo(_BACKUPS, err=True)
    if done.moved.lost:
        typer.echo(f"{done.moved.lost} could not be opened: `jukihub keys kek status` names the KEK", err=True)
        raise typer.Exit(3)


def _progress(moved: "HowFar") -> None:
    progress.say(f"{moved.done} wrapped anew, {moved.left} left", stays=moved.left == 0)


def _as_json(one: "Kek") -> dict[str, object]:
    times = {"used_at": one.used_at, "retired_at": one.retired_at, "destroyed_at": one.destroyed_at}
    told = {name: at.isoformat() if at else None for name, at in times.items()}
    return {"kek": one.id, "state": one.state, "there": one.there, "under": one.under, **told}


def _keeper() -> "AbstractAsyncContextManager[Keeper]":
    from hub.clock import now  # noqa: PLC0415 - not needed for anybody's help
    from hub.kek.keeping import opened  # noqa: PLC0415 - as above

    return opened(settings(), now)


async def _status() -> "list[Kek]":
    async with _keeper() as here:
        return await here.status()


async def _made() -> str:
    async with _keeper() as here:
        return await here.make()


async def _asked(what: str, name: str, reason: str) -> "Order":
    async with _keeper() as here:
        return await here.ask(what, name, reason)


async def _requests() -> "list[Order]":
    async with _keeper() as here:
        return await here.requests()


async def _approved(number: UUID) -> "Done":
    async with _keeper() as here:
        return await here.approve(number, _progress)


async def _resumed() -> "Done":
    async with _keeper() as here:
        return await here.resume(_progress)
