"""The commands of this room: `jukihub run deliver`, `jukihub letters …`, `jukihub replay …`."""

import asyncio
from typing import Annotated

import typer

from consumers.cli import letters, replay
from hub.config import settings


def commands(app: typer.Typer, run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(letters.app, name="letters")
    app.add_typer(replay.app, name="replay")
    run.command("deliver")(deliver)


def deliver(
    contract: Annotated[str, typer.Option(help="Whose disclosures to hand over.")],
    port: Annotated[int, typer.Option(help="Port of /metrics and /health; 0: a free one.")] = 0,
) -> None:
    """Receive the disclosures of one contract and hand them over to its counterpart, in order per resident.

    Example: jukihub run deliver --contract prefecture --port 0
    """
    from consumers import process  # noqa: PLC0415 - the broker's client is not needed for anybody's help

    asyncio.run(process.deliver(settings(), contract, port))
