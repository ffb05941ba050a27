"""The commands of this room: `jukihub run deliver`, `jukihub letters list`, `jukihub letters release`."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import orjson
import typer
from rich.console import Console
from rich.table import Table

from consumers import letters, process
from contracts import book
from contracts.change import JAPAN
from hub.config import settings
from hub.database import connect

_letters = typer.Typer(no_args_is_help=True, help="Dead letters (配達不能): what there is, and trying one again.")


def commands(app: typer.Typer, run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_letters, name="letters")
    run.command("deliver")(deliver)


def deliver(
    contract: Annotated[str, typer.Option(help="Whose disclosures to hand over.")],
    port: Annotated[int, typer.Option(help="Port of /metrics and /health; 0: a free one.")] = 0,
) -> None:
    """Receive the disclosures of one contract and hand them over to its counterpart, in order per resident.

    Example: jukihub run deliver --contract prefecture --port 0
    """
    asyncio.run(process.deliver(settings(), contract, port))


@_letters.command("list")
def list_letters(
    contract: Annotated[str | None, typer.Option(help="Of this contract only.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Dead letters by contract and code: how many, since when, and who waits behind them. Never their content.

    Example: jukihub letters list --contract prefecture --json
    """
    groups = asyncio.run(_listed(contract))
    if json:
        typer.echo(orjson.dumps([group.as_json() for group in groups]))
    else:
        _print(groups)


@_letters.command("release")
def release_letter(letter: Annotated[UUID, typer.Argument(help="Id of the dead letter.")]) -> None:
    """Try a dead letter again now; what waits behind it follows in order.

    Refused (exit 5) where its contract has changed or ended since: then it has to be decided again.
    """
    contract = asyncio.run(_released(letter))
    typer.echo(f"{letter} of {contract} is waiting again", err=True)


async def _listed(contract: str | None) -> list[letters.Group]:
    async with connect(settings().database, size=1) as database:
        return await letters.listed(database, contract)


async def _released(letter: UUID) -> str:
    now = datetime.now(UTC)
    async with connect(settings().database, size=1) as database:
        in_force = book.load(settings().contracts)
        return await letters.release(database, in_force, letter, now, now.astimezone(JAPAN).date())


def _print(groups: list[letters.Group]) -> None:
    if not groups:
        typer.echo("no dead letters", err=True)
        return
    _table(
        ("contract", "code", "letters", "first", "last", "waiting behind"),
        [(g.contract, g.code, str(g.count), _time(g.first), _time(g.last), str(g.behind)) for g in groups],
    )
    _table(
        ("id", "contract", "code", "since", "waiting behind"),
        [(str(one.id), one.contract, one.code, _time(one.since), str(one.behind)) for g in groups for one in g.letters],
    )


def _table(names: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    table = Table(*names)
    for row in rows:
        table.add_row(*row)
    Console(soft_wrap=True).print(table)


def _time(at: datetime) -> str:
    return at.astimezone(JAPAN).isoformat(sep=" ", timespec="seconds")
