"""`jukihub reconcile`: how many records a counterpart holds, beside how many it should hold."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from consumers.cli import given
from consumers.cli.given import Json
from hub.clock import now
from hub.config import settings
from hub.people import Act

if TYPE_CHECKING:
    from consumers.reconcile import Tally


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.command("reconcile")(reconcile)


def reconcile(
    contract: Annotated[str, typer.Option(help="Of this contract.")] = "convenience-store", as_json: Json = False
) -> None:
    """Count the records at a counterpart (件数照合), beside those that the ledger says it should hold.

    \b
    The process that hands over does this by itself every night after three o'clock in Japan; this does it now,
    in production for a person who has logged in.
    Examples:
      jukihub reconcile
      jukihub reconcile --contract convenience-store --json
    Exit 0 where they agree, 3 where they differ by more than is on its way, 6 where the counterpart does not answer.
    """
    from consumers.reconcile import reconcile as counted  # noqa: PLC0415 - not needed for anybody's help
    from hub.typist import typed  # noqa: PLC0415 - as above

    async def asked() -> "Tally":
        here = settings()
        async with typed(here, Act.COPIES_SEE, contract, now):
            return await counted(here, contract, now)

    found = asyncio.run(asked())
    if as_json:
        given.document(found.as_json())
    else:
        rows = [(found.contract, given.time(found.at), found.expected, found.held, found.unsettled, found.beyond)]
        given.table(("contract", "at (UTC+9)", "expected", "held", "on its way", "differs by"), rows)
    if found.beyond:
        raise typer.Exit(3)
