"""`jukihub terminals …`: from which machines many residents may be extracted at once."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from hub.cli.requested import Json
from hub.config import settings

if TYPE_CHECKING:
    from hub.terminals import Office

T = TypeVar("T")
Name = Annotated[str, typer.Argument(metavar="NAME", help="a name such as joho-1, for the audit")]

_terminals = typer.Typer(no_args_is_help=True, help="Terminals from which many may be extracted at once (随時移転).")


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_terminals, name="terminals")


@_terminals.command("allow")
def allow(name: Name, as_json: Json = False) -> None:
    """Allow a terminal (administrators). Prints its secret once; put it into a file there that its owner alone reads.

    \b
    The file is HUB_TERMINAL_FILE, else terminal.token in HUB_DATA; others may not be able to read it (mode 0600).
    Examples:
      jukihub terminals allow joho-1
      (umask 077; jukihub terminals allow joho-1 > .data/terminal.token)
    """
    terminal, secret = _in_office(lambda office: office.allow(name))
    typer.echo(json.dumps(terminal.as_json() | {"secret": secret}) if as_json else secret)
    typer.echo(f"{name}: allowed; the secret is shown this once", err=True)


@_terminals.command("list")
def list_terminals(as_json: Json = False) -> None:
    """Every terminal that was ever allowed (administrators, auditors); never a secret.

    Example: jukihub terminals list --json
    """
    found = [one.as_json() for one in _in_office(lambda office: office.everybody())]
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found:
        ended = f"revoked {one['revoked_at']}" if one["revoked_at"] else "allowed"
        typer.echo(f"{one['name']} {ended}, since {one['allowed_at']} by {one['allowed_by']}")
    if not found:
        typer.echo("no terminal is allowed: nobody can extract many at once", err=True)


@_terminals.command("revoke")
def revoke(name: Name) -> None:
    """A terminal is no longer allowed, from now on.

    Example: jukihub terminals revoke joho-1
    """
    _in_office(lambda office: office.revoke(name))
    typer.echo(f"{name}: revoked", err=True)


def _in_office(what: "Callable[[Office], Awaitable[T]]") -> T:
    """Do it for whoever types the command."""
    from hub.clock import now  # noqa: PLC0415 - not needed for anybody's help
    from hub.terminals import opened  # noqa: PLC0415 - as above

    async def run() -> T:
        async with opened(settings(), now) as office:
            return await what(office)

    return asyncio.run(run())
