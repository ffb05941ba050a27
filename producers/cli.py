"""The commands of the registry's side, and which module has each: only that one is loaded."""

from collections.abc import Mapping
from typing import Final

commands: Final[Mapping[str, str]] = {
    word: f"producers.{module}"
    for module, words in {
        "city_cli": ("city", "morning", "year"), "filing_cli": ("due", "expiring", "todokede"),
        "received_cli": ("received",), "recorded_cli": ("changes", "unknown-ages"), "atena.cli": ("atena",),
        "run_cli": ("run",), "bulk_cli": ("bulk",), "certificate_cli": ("certificate",), "accuracy_cli": ("accuracy",),
        "card_cli": ("card",), "loading_cli": ("snapshot", "review"), "drift_cli": ("drift", "again"),
        "transfer_cli": ("transfer",), "bench_cli": ("bench",), "halted_cli": ("halted",),
    }.items()
    for word in words
}  # fmt: skip
import asyncio
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, BinaryIO

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from hub.cli.shared import day_or_today
from hub.clock import now
from hub.config import settings
from hub.database import connect
from hub.errors import UsageError
from producers import bench_cli, counter_cli, disclosing_cli, drift_cli, loading_cli, received_cli, recorded_cli
from producers import city as cities
from producers import due as dues
from producers import expiring as measures
from producers import morning as mornings
from producers import todokede as counter
from producers.atena import cli as atena_cli
from producers.refusals import REMARKS, sentence

_PARTIAL = 3
_people = Console(stderr=True)

Seed = Annotated[int, typer.Option(help="the same seed gives the same people", min=0)]
Day = Annotated[str | None, typer.Option(metavar="DATE", help="day of the notices; else today in Japan")]


def commands(app: typer.Typer, run: typer.Typer) -> None:
    """Register the commands of this room."""
    app.command("city")(city)
    app.command("morning")(morning)
    app.command("year")(year)
    app.command("due")(due)
    app.command("expiring")(expiring)
    app.command("todokede")(todokede)
    received_cli.commands(app)
    recorded_cli.commands(app)
    atena_cli.commands(app)
    counter_cli.commands(app, run)
    loading_cli.commands(app)
    drift_cli.commands(app)
    disclosing_cli.commands(app)
    bench_cli.commands(app)
    run.command("relay")(relay)


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


def due(
    on: Day = None,
) -> None:
    """Write a notice for every planned 転出 whose day has come, one JSON object per line.

    Example, once a day: `jukihub due | jukihub todokede -`. What is refused is for a clerk.
    """
    for notice in asyncio.run(_due(day_or_today(on))):
        typer.echo(orjson.dumps(notice).decode())


async def _due(day: date) -> list[dict[str, object]]:
    async with connect(settings().registry_dsn, 1) as db:
        return await dues.due(db, day)


def expiring(
    on: Day = None,
) -> None:
    """List the protected persons (支援措置) whose end comes near or has passed, one JSON object per line.

    Example, once a day: `jukihub expiring`. One line: {"atena_no", "household_no", "ends_on", "state"}; state is
    renewable (from a month before the end), over, or undated. Nobody's protection ends by this: a clerk files
    protection-extend or protection-end.
    """
    for line in asyncio.run(_expiring(day_or_today(on))):
        typer.echo(orjson.dumps(line).decode())


async def _expiring(day: date) -> list[dict[str, object]]:
    async with connect(settings().registry_dsn, 1) as db:
        return await measures.expiring(db, day)


def todokede(
    file: Annotated[
        typer.FileBinaryRead | None, typer.Argument(help="one notice (届出) per line, JSON; - for stdin")
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="print the JSON Schema of a notice instead")] = False,
    as_brought: Annotated[bool, typer.Option(
        "--as-brought", help="as at the time in the receipt; only in a made-up city, for `jukihub year`"
    )] = False,
) -> None:
    """File notices (届出): each is one transaction, accepted with its Changes, refused with a code, or a known repeat.

    Examples: `jukihub todokede notices.jsonl`; `jukihub todokede --schema`. One line of JSON is answered per line:
    {"line", "receipt", "result": "accepted|refused|repeated", "code"?, "place"?, "remarks"?, "changes": \\[ids]}.
    A remark is told of an accepted notice: late, the time that the law sets has passed. Exit code 3 where any was
    refused.
    """
    if schema:
        typer.echo(_schema())
    elif file is None:
        raise typer.BadParameter("a file of notices, or -", param_hint="FILE")
    elif asyncio.run(_answer_all(file, as_brought)):
        raise typer.Exit(_PARTIAL)


def _schema() -> str:
    from producers.notices.schema import document  # noqa: PLC0415 - only who asks for it waits for it

    return orjson.dumps(document(), option=orjson.OPT_INDENT_2).decode()


async def _answer_all(lines: BinaryIO | Iterable[bytes], as_brought: bool) -> int:
    refused = 0
    async with connect(settings().registry_dsn, 1) as db:
        if as_brought:
            await cities.check_made_up(db)
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            answer = await counter.answer(db, line.rstrip(b"\r\n"), _time(line, as_brought))
            typer.echo(orjson.dumps(answer.wire(number)).decode())
            if answer.code is not None:
                refused += 1
                typer.echo(f"{number}: {sentence(answer.code)} [{answer.code}]", err=True)
            for remark in answer.remarks:
                typer.echo(f"{number}: {REMARKS[remark]} [{remark}]", err=True)
    return refused


def _time(line: bytes, as_brought: bool) -> datetime:
    from producers.year.calendar import brought_at  # noqa: PLC0415 - only where it is asked for

    try:
        return brought_at(orjson.loads(line)) if as_brought else now()
    except (ValueError, KeyError, TypeError):
        raise UsageError("no-time-in-receipt", "--as-brought") from None


def relay(
    port: Annotated[int, typer.Option(help="port of /metrics and /health; 0: a free one, in <HUB_DATA>/run")] = 0,
) -> None:
    """Carry Changes from the registry's outbox to the broker.

    Example: `jukihub run relay --port 9101`. A second relay takes over the shards of one that stops.
    """
    from producers import relay_process  # noqa: PLC0415 - its libraries are not needed for anybody else's command

    asyncio.run(relay_process.run(settings(), port))
