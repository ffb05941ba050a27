"""`jukihub bench snapshot`, `year` and `latency`: the whole line, measured on servers of its own."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from hub import given
from hub.cli.shared import bench_of
from hub.config import settings

Json = Annotated[bool, typer.Option("--json", help="the figures as JSON")]
Residents = Annotated[int, typer.Option(min=10, help="size of the made-up city")]
Seed = Annotated[int, typer.Option(min=0, help="the same seed gives the same city")]
Keep = Annotated[Path | None, typer.Option(file_okay=False, help="folder in which the figures are kept")]
Data = Annotated[Path, typer.Option(file_okay=False, help="folder; emptied first, if a measurement has made it")]


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands beside the hub's own."""
    bench = bench_of(app)
    bench.command("snapshot")(snapshot)
    bench.command("year")(year)
    bench.command("latency")(latency)


def snapshot(  # noqa: PLR0913 - options of one command
    residents: Residents = 5000, seed: Seed = 1,
    contracts: Annotated[int, typer.Option(min=0, max=99, help="made-up mirrors; 0: those of the shipped Book")] = 0,
    data: Data = Path(".data/bench"), keep: Keep = None, as_json: Json = False,
) -> None:  # fmt: skip
    """The first load of a whole city to every contract that keeps a copy, counted against the decision.

    Example: `jukihub bench snapshot --residents 510000 --contracts 12`, with twelve made-up mirrors. On its own
    servers; says first what room it takes, refuses where there is not as much, and in the end what the load waits for.
    """
    from hub.bench import told  # noqa: PLC0415 - only this command
    from producers.bench.first_load import measure  # noqa: PLC0415 - as above
    from producers.bench.load_told import lines  # noqa: PLC0415 - as above

    found = measure(data, given.book(settings()), contracts, residents, seed, _say)
    if keep is not None:
        told.keep_as(keep, "snapshot", told.where() | asdict(found))
    if as_json:
        typer.echo(orjson.dumps(asdict(found)).decode())
        return
    typer.echo("\n".join(lines(found)))


def year(  # noqa: PLR0913 - options of one command
    residents: Residents = 5000, seed: Seed = 1,
    number: Annotated[int, typer.Option("--year", min=1980, max=2099, help="calendar year")] = 2027,
    limit: Annotated[int | None, typer.Option(min=1, help="only so many notices, the first")] = None,
    data: Data = Path(".data/bench"), as_json: Json = False,
) -> None:  # fmt: skip
    """A year of notices through counter, relay and router, beside the busiest hour of a real city.

    Example: `jukihub bench year --residents 510000 --limit 20000`. Its own servers.
    """
    from producers.bench.whole_year import measure  # noqa: PLC0415 - only this command

    found = measure(data, residents, seed, number, limit, _say)
    told = asdict(found) | {"persons_per_hour": found.persons_per_hour, "times_real_peak": found.times_real_peak}
    if as_json:
        typer.echo(orjson.dumps(told).decode())
        return
    typer.echo(f"{found.notices:,} notices about {found.persons:,} persons, {found.changes:,} changes in "
               f"{found.seconds:.1f} s (filed in {found.filing_seconds:.1f} s)")  # fmt: skip
    typer.echo(f"{found.persons_per_hour:,.0f} persons an hour, {found.changes / found.seconds:,.0f} changes/s: "
               f"{found.times_real_peak:.0f} times the busiest hour of a city of 510,000")  # fmt: skip


def latency(  # noqa: PLR0913 - options of one command
    contracts: Annotated[int, typer.Option(min=1, max=99, help="made-up ones that hear everything")] = 8,
    per_second: Annotated[int, typer.Option(min=1, help="changes that are committed each second")] = 200,
    seconds: Annotated[int, typer.Option(min=1, help="for how long, after five seconds to get warm")] = 30,
    data: Data = Path(".data/bench"), keep: Keep = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Milliseconds from a commit in the registry until the subscriber can read it, and the broker's own, twice.

    That is of records as long, without a transaction: alone (as many, while nothing else runs) and beside (a few, on
    a topic of their own, while changes are on their way).

    Example: `jukihub bench latency --per-second 200 --seconds 60`. Its own servers.
    """
    from hub.bench import told  # noqa: PLC0415 - only this command
    from producers.bench.latency import measure  # noqa: PLC0415 - as above
    from producers.bench.latency_told import document, lines  # noqa: PLC0415 - as above

    found = measure(data, contracts, per_second, seconds, _say)
    if keep is not None:
        told.keep_as(keep, "latency", told.where() | document(found))
    typer.echo(orjson.dumps(document(found)).decode() if as_json else "\n".join(lines(found)))


def _say(text: str) -> None:
    typer.echo(text, err=True)
