"""`jukihub received`: 転入通知 of other municipalities become 届出 for the counter."""

import asyncio
from typing import Annotated, Any, BinaryIO, Final

import orjson
import typer

from hub import destroyed
from hub.cli.shared import day_or_today
from hub.clock import now
from hub.config import Settings, settings
from hub.database import connect
from hub.people import Act
from hub.typist import typed
from producers import received
from producers.received import Refusal

_PARTIAL = 3
_KEY: Final = "hub:received"
"""Whose key it is by which a line is known again that was refused before."""


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the command."""
    app.command("received")(receive)


def receive(
    file: Annotated[typer.FileBinaryRead, typer.Argument(help="one 転入通知 per line, JSON; - for stdin")],
    on: Annotated[str | None, typer.Option(metavar="DATE", help="day of receipt; else today in Japan")] = None,
    refusals: Annotated[
        typer.FileBinaryWrite | None, typer.Option(help="also write what was refused here, one JSON object per line")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="tell of every refusal, also where it was told before")
    ] = False,
) -> None:
    """Turn 転入通知 (住基法9条) into 届出 that confirm a planned 転出, one JSON object per line.

    \b
    Examples:
      jukihub received tennyu.jsonl | jukihub todokede -
      curl -s "$CS/outgoing?to=992011" | jukihub received - --refusals refused.jsonl | jukihub todokede -
    What is refused is for a clerk: {"line", "id", "code", "place"}, id null where it has none; exit code 3 then. A
    notice may come again for ever: one whose move is confirmed already is passed over, and a refusal is told once
    (again with --all, or when its reason is another one). Of that, id, code and a keyed digest of the line are kept;
    nothing else is written to the register. A line has at most 65,536 bytes, a file 100,000 lines.
    In production an act of a clerk; a timer has a token of an account of its own in HUB_TOKEN.
    """
    day = day_or_today(on)
    made, refused, before = asyncio.run(_made(file, day, everything=everything))
    for notice in made:
        typer.echo(orjson.dumps(notice).decode())
    for one in refused:
        typer.echo(f"{one.line}: {received.sentence(one.code)} [{one.code}]", err=True)
        if refusals is not None:
            refusals.write(orjson.dumps(_wire(one)) + b"\n")
    if before:
        typer.echo(f"{before} refused before, for the same reason: --all", err=True)
    if refused:
        raise typer.Exit(_PARTIAL)


async def _made(
    lines: BinaryIO, day: Any, *, everything: bool
) -> tuple[list[dict[str, Any]], list[Refusal], int]:
    """The 届出, the refusals to be told, and how many were told before."""
    here = settings()
    async with typed(here, Act.REGISTER_LIST, "received", now), connect(here.registry_dsn, 1) as db:
        made, refused = received.notices(received.lines_of(lines), await received.movers(db), day)
        fresh = await received.untold(db, await _key(here), refused, now()) if refused else []
    telling = refused if everything else fresh
    return made, telling, len(refused) - len(telling)


async def _key(here: Settings) -> bytes:
    async with connect(here.database, 1) as hub:
        return await destroyed.pseudonym_keys(here, hub)(_KEY)


def _wire(one: Refusal) -> dict[str, Any]:
    said = {"line": one.line, "id": str(one.id) if one.id else None, "code": one.code}
    return said | ({"place": one.place} if one.place else {})
