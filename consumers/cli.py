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
from contracts.change import JAPAN
from hub import given
from hub.config import settings
from hub.database import connect
from hub.errors import UsageError

_WIDE = 79  # columns of the table of letters: an id is copied by people, so it is whole on any terminal

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
    if contract is not None and contract not in given.book(settings()).contracts:
        raise UsageError("unknown-contract", "--contract")
    groups = asyncio.run(_listed(contract))
    if json:
        typer.echo(orjson.dumps([group.as_json() for group in groups]))
    else:
        _print(groups)


@_letters.command("release")
def release_letter(letter: Annotated[UUID, typer.Argument(help="Id of the dead letter.")]) -> None:
    """Try a dead letter again now; what waits behind it follows in order.

    Refused (exit 5) where its contract has changed or ended since: then it has to be decided again. Refused too
    where it came without a record key: it names nobody to whom it could be delivered (nobody-to-deliver).
    """
    contract = asyncio.run(_released(letter))
    typer.echo(f"{letter} of {contract} is waiting again", err=True)


async def _listed(contract: str | None) -> list[letters.Group]:
    async with connect(settings().database, size=1) as database:
        return await letters.listed(database, contract)


async def _released(letter: UUID) -> str:
    now = datetime.now(UTC)
    async with connect(settings().database, size=1) as database:
        in_force = given.book(settings())
        return await letters.release(database, in_force, letter, now, now.astimezone(JAPAN).date())


def _print(groups: list[letters.Group]) -> None:
    if not groups:
        typer.echo("no dead letters", err=True)
        return
    for group in groups:
        typer.echo(f"\n{group.contract} {group.code}: {group.count} letter(s), {group.behind} waiting behind")
        _table([(str(one.id), _time(one.since), str(one.behind)) for one in group.letters])


def _table(rows: list[tuple[str, ...]]) -> None:
    table = Table("id", "since (UTC+9)", "waiting behind")
    for row in rows:
        table.add_row(*row)
    people = Console()
    Console(width=max(_WIDE, people.width)).print(table)


def _time(at: datetime) -> str:
    return f"{at.astimezone(JAPAN):%Y-%m-%d %H:%M:%S}"
