"""`jukihub demo`: one morning of 届出, from the counter to four subscribers."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from hub.errors import JukiError


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register `jukihub demo`."""
    app.command("demo")(demo)


def demo(
    data: Annotated[Path, typer.Option(
        help="folder of the demonstration; emptied first, if a demonstration has made it", file_okay=False
    )] = Path(".data/demo"),
    residents: Annotated[int, typer.Option(min=200, help="size of the made-up city")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="the same seed gives the same city and morning")] = 1,
) -> None:
    """Show one morning on a real Kafka and a real PostgreSQL, and check every claim. Exit 1 where one does not hold.

    Example: `jukihub demo --residents 2000 --seed 7`

    It always starts servers of its own in its own data folder. Of the settings it takes HUB_KAFKA_PORT,
    HUB_KAFKA_MEMORY_MB, HUB_POSTGRES_PORT, HUB_POSTGRES_MEMORY_MB, HUB_PARTITIONS and HUB_LOG_LEVEL.
    """
    from rich.console import Console  # noqa: PLC0415 - only this command

    from hub.demo.play import Demo  # noqa: PLC0415 - only this command

    out = Console(width=None if sys.stdout.isatty() else 120)
    claims = Demo(data, residents, seed, out).play()
    out.print()
    for claim in claims:
        out.print(f"[green]✓[/green] {claim.text}" if claim.holds else f"[red]✗ {claim.text}[/red]")
    if not all(claim.holds for claim in claims):
        raise JukiError("demo-claim-failed")
    out.print("\nevery claim holds; next: make up")
