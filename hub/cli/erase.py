"""`jukihub erase …`: destroying content keys, by two persons; what was sealed with them never opens again (消去)."""

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import typer

from hub.cli import awaiting, retained
from hub.cli.requested import Json
from hub.config import settings
from hub.errors import UsageError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from hub.acts import End
    from hub.erasure import Eraser, Order, View, Wish

_erase = typer.Typer(no_args_is_help=True, help="Destroying content keys (消去): what they sealed never opens again.")

retained.add(_erase)

_CONTRACT: Final = typer.Option(help="contract id; hub:changes for what the relay seals to the hub itself")
_UNTIL: Final = typer.Option(formats=["%Y-%m-%d"], help="the last of the days, in Japan; before today")
Contract = Annotated[str, _CONTRACT]
Until = Annotated[datetime, _UNTIL]

_BEYOND = """\
Not reached: what a subscriber has copied; and an older backup in the hands of somebody who also has the KEK, until that
KEK is destroyed (hub/BACKUPS.md).\
"""


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_erase, name="erase")


@_erase.command("plan")
def plan(
    contract: Annotated[str | None, _CONTRACT] = None,
    until: Annotated[datetime | None, _UNTIL] = None,
    as_json: Json = False,
) -> None:
    """Show what is due today by the rules; or which keys a request would name, and what would no longer open.

    \b
    Nothing is done. `jukihub erase due` ends what is `by-rule`, and asks for what takes a person.
    Examples:
      jukihub erase plan
      jukihub erase plan --contract tax --until 2026-03-31
    """
    if contract is None and until is None:
        retained.planned(as_json)
        return
    if contract is None or until is None:
        raise UsageError("both-or-neither", "--contract, --until")
    found = asyncio.run(_viewed(_wish(contract, until)))
    if as_json:
        typer.echo(json.dumps(found.as_json()))
        return
    typer.echo(
        f"{len(found.kids)} keys, {found.kids[0]} to {found.kids[-1]}\n"
        f"{found.told} tokens told under them; {found.on_topic} of them may still lie on their topic\n"
        + _undelivered(found)
    )
    typer.echo(_BEYOND, err=True)


@_erase.command("request")
def request(
    contract: Contract,
    until: Until,
    reason: Annotated[str, typer.Option(help="why; kept for ever, so nothing about a resident")],
    as_json: Json = False,
) -> None:
    """Ask for the content keys of one contract to be destroyed, up to and including a day. Prints the request's id.

    \b
    Nothing happens until another person types `jukihub erase approve` within a day. `jukihub erase plan` shows what
    would no longer open.
    Example: jukihub erase request --contract tax --until 2026-03-31 --reason "年度の保存期間が満了した"
    """
    found, order = asyncio.run(_asked(_wish(contract, until), reason))
    typer.echo(json.dumps(order.as_json(), ensure_ascii=False) if as_json else str(order.id))
    until_when = f"{order.expires_at:%Y-%m-%d %H:%M} UTC"
    typer.echo(_undelivered(found), err=True)
    typer.echo(f"{len(order.kids)} keys; waits until {until_when} for another person's approval", err=True)


@_erase.command("requests")
def list_requests(as_json: Json = False) -> None:
    """What was asked for and waits for another person.

    Example: jukihub erase requests --json
    """
    found = [one.as_json() for one in asyncio.run(_requests())]
    awaiting.show(found, lambda one: f"{one['contract']} until {one['until']}, {len(one['keys'])} keys", as_json)


@_erase.command("approve")
def approve(request: UUID, as_json: Json = False) -> None:
    """Approve what another person has asked for: the keys are destroyed at once, and nothing brings them back.

    \b
    Cut off, it is completed by whatever starts next, or by typing it again. Exit 4 where you are who has asked.
    Processes that have a key in memory forget it within seconds.
    Example: jukihub erase approve 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e
    """
    ended = asyncio.run(_approved(request))
    if as_json:
        typer.echo(json.dumps({"act": str(request), "code": ended.code, "count": ended.count}))
    typer.echo(f"{request}: {ended.count} keys destroyed; jukihub erase certificate {request}", err=True)
    typer.echo(_BEYOND, err=True)


def _wish(contract: str, until: datetime) -> "Wish":
    from hub.erasure import Wish  # noqa: PLC0415 - not needed for anybody's help

    return Wish(contract, until.replace(tzinfo=UTC).date())


def _undelivered(found: "View") -> str:
    return f"{found.waiting} wait in the inbox and {found.dead} are dead letters: not delivered, and then never"


def _eraser() -> "AbstractAsyncContextManager[Eraser]":
    from hub.clock import now  # noqa: PLC0415 - as above
    from hub.erasure import opened  # noqa: PLC0415 - as above

    return opened(settings(), now)


async def _viewed(wish: "Wish") -> "View":
    async with _eraser() as here:
        return await here.view(wish)


async def _asked(wish: "Wish", reason: str) -> "tuple[View, Order]":
    async with _eraser() as here:
        return await here.view(wish), await here.ask(wish, reason)


async def _requests() -> "list[Order]":
    async with _eraser() as here:
        return await here.requests()


async def _approved(number: UUID) -> "End":
    async with _eraser() as here:
        return await here.approve(number)
