"""`jukihub bench deliver`: what inbox and hand-over carry per second, and what limits each."""

from pathlib import Path
from typing import Annotated

import typer

from consumers.cli.given import Json
from hub.cli.shared import bench_of
from hub.errors import UsageError


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the command beside the hub's own."""
    bench_of(app).command("deliver")(deliver)


def deliver(  # noqa: PLR0913 - options of one command
    count: Annotated[int, typer.Option(min=100, help="disclosures, each time")] = 20_000,
    each: Annotated[int, typer.Option(min=1, help="of them about the same resident, one after the other")] = 1,
    rounds: Annotated[int, typer.Option(min=1, help="how often each is measured, in turn")] = 3,
    way: Annotated[list[str] | None, typer.Option(help="none, http, stand-in: which; else all of them")] = None,
    data: Annotated[
        Path, typer.Option(file_okay=False, help="folder; emptied first, if a measurement has made it")
    ] = Path(".data/bench"),
    as_json: Json = False,
) -> None:  # fmt: skip
    """Disclosures per second into the inbox and out of it, with what each costs and what limits it.

    Every disclosure has to be delivered once. `none` has no line at all, `http` one to a counterpart that judges
    nothing, `stand-in` one to the stand-in, which judges as strictly as a real one. Starts servers of its own. `per
    core of own`: what our own process would carry on a core that it has for itself; here all of them share the machine.
    `--json` has the seconds of processor of each process.

    \b
    Examples:
      jukihub bench deliver
      jukihub bench deliver --way http --count 50000 --each 3
      jukihub bench deliver --way stand-in --rounds 1 --json
    """
    import uvloop  # noqa: PLC0415 - only this command

    from consumers.bench import figures  # noqa: PLC0415 - only this command
    from consumers.bench.handing import measure  # noqa: PLC0415 - only this command
    from consumers.bench.ways import WAYS  # noqa: PLC0415 - only this command

    if unknown := [name for name in way or () if name not in WAYS]:
        raise UsageError("unknown-way", unknown[0][:20], f"Ways are {', '.join(WAYS)}")
    runs = uvloop.run(measure(data, way or [*WAYS], count, each, rounds, _say))
    if as_json:
        import orjson  # noqa: PLC0415 - only here

        told = [figures.told(run) for run in runs]
        typer.echo(orjson.dumps({"runs": told}).decode())
        return
    for line in [*figures.lines(runs), figures.last_line(runs)]:
        typer.echo(line)


def _say(text: str) -> None:
    typer.echo(text, err=True)
