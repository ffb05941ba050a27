"""`jukihub city`, `morning`, `year`: a made-up city, and what its people file."""

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from hub.cli.shared import day_or_today
from hub.clock import now
from hub.config import settings
from hub.database import connect
from producers import city as cities
from producers import morning as mornings

_people = Console(stderr=True)

Seed = Annotated[int, typer.Option(help="the same seed gives the same people", min=0)]
Day = Annotated[str | None, typer.Option(metavar="DATE", help="day of the notices; else today in Japan")]


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.command("city")(city)
    app.command("morning")(morning)
    app.command("year")(year)


def city(
    residents: Annotated[int, typer.Option(help="how many people", min=1, max=10_000_000)] = 1000,
    seed: Seed = 1,
    announce: Annotated[bool, typer.Option(help="also tell each resident by one SNAPSHOT")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="the result as JSON")] = False,
) -> None:
    """Load a made-up city into an empty registry.

    Examples: `jukihub city --residents 10000 --seed 7`; `jukihub city --residents 500 --announce`.
    The same city again changes nothing; a registry with other people in it is refused.
    """
    begun = now()
    loaded = asyncio.run(_load(residents, seed, announce))
    seconds = (now() - begun).total_seconds()
    told = {"residents": residents, "seed": seed, "loaded": loaded, "seconds": round(seconds, 2)}
    typer.echo(orjson.dumps(told).decode() if as_json else _in_words(told))


def _in_words(told: Mapping[str, object]) -> str:
    if not told["loaded"]:
        return f"{told['residents']} residents of seed {told['seed']} are there already"
    return f"{told['residents']} residents of seed {told['seed']} loaded in {told['seconds']} s"


async def _load(residents: int, seed: int, announce: bool) -> bool:
    from hub.migrate import migrate  # noqa: PLC0415 - nobody's help needs alembic, which takes half a second

    own = settings()
    await migrate(own.registry_dsn, Path(__file__).parent / "migrations", "registry")
    columns = (TextColumn("residents"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=_people, transient=True) if _people.is_terminal else nullcontext() as bar:
        task = bar.add_task("residents", total=residents) if bar else None

        def progress(done: int) -> None:
            if bar is not None and task is not None:
                bar.update(task, completed=done)

        async with connect(own.registry_dsn, 1) as db:
            return await cities.load(db, residents, seed, now() if announce else None, progress)


def morning(
    seed: Seed = 1,
    on: Day = None,
) -> None:
    """Write the notices of one morning in the made-up city of this seed, one JSON object per line.

    Example: `jukihub morning --seed 7 | jukihub todokede -`.
    """
    for notice in mornings.morning(seed, day_or_today(on)):
        typer.echo(orjson.dumps(notice).decode())


def year(
    residents: Annotated[int, typer.Option(help="size of the made-up city", min=1, max=10_000_000)] = 1000,
    seed: Seed = 1,
    number: Annotated[int, typer.Option("--year", help="calendar year", min=1980, max=2099)] = 2026,
) -> None:
    """Write the notices of a whole year in the made-up city of this size and seed, in the order of their recording.

    \b
    Example, in a registry that holds this city and nothing else:
      jukihub year --residents 5000 --seed 7 --year 2026 | jukihub todokede --as-brought -

    One JSON object per line; the receipt begins with the day and the time at which it is brought.
    """
    from producers.year import year as notices_of  # noqa: PLC0415 - only this command

    for notice in notices_of(residents, seed, number):
        typer.echo(orjson.dumps(notice).decode())
