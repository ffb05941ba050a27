"""The commands of this room: `jukihub run deliver`, `jukihub letters …`, `jukihub replay …`, `jukihub inquire`,
`jukihub reconcile`, `jukihub copies …`.
"""

import asyncio
from typing import Annotated

import typer

from consumers.cli import copies, letters, replay
from consumers.cli.inquire import inquire
from consumers.cli.reconcile import reconcile
from hub.config import settings


def commands(app: typer.Typer, run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(letters.app, name="letters")
    app.add_typer(replay.app, name="replay")
    app.add_typer(copies.app, name="copies")
    app.command("inquire")(inquire)
    app.command("reconcile")(reconcile)
    run.command("deliver")(deliver)


def deliver(
    contract: Annotated[list[str], typer.Option(help="Whose disclosures to hand over; repeat for more.")],
    port: Annotated[int, typer.Option(help="Port of /metrics and /health; 0: a free one.")] = 0,
) -> None:
    """Receive the disclosures of one contract or several, and hand them over, in order per resident.

    \b
    Examples:
      jukihub run deliver --contract prefecture --port 0
      jukihub run deliver --contract koseki-fuhyo --contract previous-municipality
    A process for each keeps them apart; one for several takes the memory of one.
    """
    from consumers import process  # noqa: PLC0415 - the broker's client is not needed for anybody's help

    asyncio.run(process.deliver(settings(), contract, port))
