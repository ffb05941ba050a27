"""`jukihub copies …`: what the city does at the 中間サーバー by its own operation."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer

from consumers.cli import given
from consumers.cli.given import Json, Reason
from hub.cli import awaiting
from hub.clock import now
from hub.config import settings

if TYPE_CHECKING:
    from consumers.copies import Operations

T = TypeVar("T")
_HELP = """Copies (副本) at the 中間サーバー: erased by two persons, registered anew as a whole.

\b
In this order:
  jukihub copies erase number.txt --reason "…"     asks for it; the file has a 団体内統合宛名番号 and nothing else
  jukihub copies approve 5d6c… number.txt          another person, with a file of their own: the copy is erased
Registering everybody anew:
  jukihub copies reload begin
  jukihub snapshot intermediate-server             and wait until `jukihub status` says that nothing waits
  jukihub copies reload end                        another person, once everybody was told again
"""

_app = typer.Typer(no_args_is_help=True, help=_HELP)
reload = typer.Typer(no_args_is_help=True, help="Register everybody anew (全件再登録).")
_app.add_typer(reload, name="reload")
Number = Annotated[typer.FileBinaryRead, typer.Argument(help="File with the number; - for stdin.")]


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_app, name="copies")


@_app.command("erase")
def erase(number: Number, reason: Reason, as_json: Json = False) -> None:
    """Ask for the copy of one person to be erased; the id of the request on stdout. Whose it is stands in a file.

    Example: jukihub copies erase number.txt --reason "registered for the wrong person"
    """
    said = number.read()
    request = _done(lambda here: here.ask(said, reason))
    if as_json:
        given.document({"request": request})
        return
    typer.echo(request)
    typer.echo(f"within a day somebody else types: jukihub copies approve {request} FILE", err=True)


@_app.command("requests")
def requests(as_json: Json = False) -> None:
    """What another person has yet to approve; and what has begun at the server, until it is seen that it is gone.

    Example: jukihub copies requests
    """
    found = _done(lambda here: here.requests())
    awaiting.show([dict(one) for one in found], _in_words, as_json, ("id", "name", "reason"))


def _in_words(one: Mapping[str, Any]) -> str:
    return f"{given.time(one['requested_at'])} (UTC+9){', begun at the server' if one['is_begun'] else ''}"


@_app.command("approve")
def approve(
    request: Annotated[UUID, typer.Argument(help="Id of what was asked for.")], number: Number
) -> None:
    """Approve what somebody else has asked for, by the same number: the copy is erased, and that is read back.

    Example: jukihub copies approve 5d6c… number.txt
    Exit 4 for one's own request, 5 for another number, 6 where the server does not say that it is gone.
    """
    said = number.read()
    _done(lambda here: here.approve(request, said))
    typer.echo(f"{request}: erased, and read back", err=True)


@reload.command("begin")
def begin() -> None:
    """Begin: from now on the server notes who is told again. Nothing may be on its way.

    Example: jukihub copies reload begin
    """
    typer.echo(_done(lambda here: here.begin_reload()))
    typer.echo("now: jukihub snapshot intermediate-server", err=True)


@reload.command("end")
def end(as_json: Json = False) -> None:
    """End what another person has begun: every copy that was not told again is erased.

    \b
    Only where everybody whom the ledger knows to be there was told again since the beginning, and where the server has
    counted as many people as were told. Exit 4 for who has begun it, 5 where it is not so: then nobody is erased.
    Example: jukihub copies reload end --json
    """
    told, erased = _done(lambda here: here.end_reload())
    if as_json:
        given.document({"told": told, "erased": erased})
    else:
        typer.echo(f"{told} told again, {erased} copies erased", err=True)


def _done(act: "Callable[[Operations], Awaitable[T]]") -> T:
    from consumers.copies import opened  # noqa: PLC0415 - not needed for anybody's help

    async def done() -> T:
        async with opened(settings(), now) as here:
            return await act(here)

    return asyncio.run(done())
