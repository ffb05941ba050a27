"""`jukihub bench …`: measurements that anyone can repeat on the machine and the broker at hand."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import orjson
import typer

from contracts import book as law
from hub.cli.shared import bench_of
from hub.config import settings
from hub.errors import UsageError

Json = Annotated[bool, typer.Option("--json", help="the figures as JSON")]


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register `jukihub bench`."""
    bench = bench_of(app)
    bench.command("decide")(decide)
    bench.command("route")(route)
    bench.command("growth")(growth)
    bench.command("scale")(scale)
    bench.command("seal")(seal)
    bench.command("ledger")(ledger)


def decide(
    changes: Annotated[int, typer.Option(min=1, help="how many changes")] = 20_000, as_json: Json = False
) -> None:
    """Decisions per second on one core; needs no server.

    Example: `jukihub bench decide --changes 50000`
    """
    from hub.bench.deciding import measure  # noqa: PLC0415 - only this command

    found = measure(law.load(settings().contracts), changes)
    if as_json:
        typer.echo(orjson.dumps(asdict(found) | {"per_second": found.per_second}))
        return
    typer.echo(f"{found.per_second:,.0f} decisions/s on one core ({found.decisions:,} of {found.contracts} contracts "
               f"in {found.seconds:.2f} s of it)")  # fmt: skip
    typer.echo(f"{found.parse_us:.1f} µs per change at the door")


def route(  # noqa: PLR0913 - options of one command
    contracts: Annotated[
        int, typer.Option(min=0, max=99, help="made-up ones that hear everything; 0: the shipped")
    ] = 8,
    changes: Annotated[int, typer.Option(min=100, help="how many changes count")] = 30_000,
    warm: Annotated[int, typer.Option(min=100, help="changes before them, to get warm")] = 15_000,
    rounds: Annotated[int, typer.Option(min=1, help="how often each is measured, in turn")] = 3,
    system: Annotated[
        list[str] | None, typer.Option(help="ours-1, ours-2, both with -python too, streams, streams:<settings>, limit")
    ] = None,
    data: Annotated[
        Path, typer.Option(file_okay=False, help="folder; emptied first, if a measurement has made it")
    ] = Path(".data/bench"),
    against: Annotated[Path | None, typer.Option(dir_okay=False, help="compare with the figures kept there")] = None,
    keep: Annotated[Path | None, typer.Option(dir_okay=False, help="keep the figures there")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """The router beside Kafka Streams and the broker's own limit, with the same changes and contracts.

    Every output is checked. Starts servers of its own; needs Maven and a JDK for Kafka Streams. Ends with the ratios.

    \b
    Examples:
      jukihub bench route --contracts 12
      jukihub bench route --system ours-1 --system limit --rounds 1 --against tests/bench/figures.json
      jukihub bench route --system streams --system streams:commit.interval.ms=1000,-Xmx1g
    """
    from hub.bench import routing, told  # noqa: PLC0415 - only this command

    names = told.chosen(system)
    runs = asyncio.run(routing.measure(data, names, contracts, changes, warm, rounds, _say))
    if as_json:
        typer.echo(orjson.dumps(told.document(runs, contracts)).decode())
    else:
        for line in told.lines(runs, contracts, against):
            typer.echo(line)
    if keep is not None:
        told.keep(keep, runs, contracts)


def growth(
    outputs: Annotated[int, typer.Option(min=1000, help="of each point, about")] = 40_000,
    rounds: Annotated[int, typer.Option(min=1, help="how often each point is measured")] = 2,
    data: Annotated[
        Path, typer.Option(file_okay=False, help="folder; emptied first, if a measurement has made it")
    ] = Path(".data/bench"),
    keep: Annotated[Path | None, typer.Option(file_okay=False, help="keep growth.json and growth.svg there")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """What an output costs with more contracts, processes, partitions and with longer changes, and why.

    Starts servers of its own; every output is checked. Takes about ten minutes.

    Example: `jukihub bench growth --keep tests/bench`
    """
    from hub.bench import curves, shape, told  # noqa: PLC0415 - only this command
    from hub.bench.growth import document, measure  # noqa: PLC0415 - as above

    found = document(measure(data, outputs, rounds, _say), outputs, rounds)
    if as_json:
        typer.echo(orjson.dumps(found).decode())
    else:
        for line in (*shape.table(found), *shape.verdicts(found)):
            typer.echo(line)
    if keep is not None:
        told.keep_as(keep, "growth", found)
        (keep / "growth.svg").write_text(curves.svg(found), encoding="utf-8")


def scale(
    kept: Annotated[Path, typer.Option(file_okay=False, help="where figures are kept")] = Path("tests/bench"),
    write: Annotated[bool, typer.Option("--write", help="into SCALE.md, in the place of what is there")] = False,
) -> None:
    """What the kept figures come to for a city, a prefecture and the country; needs no server.

    Example: `jukihub bench scale --write`
    """
    from hub.bench import scale as scaled  # noqa: PLC0415 - only this command

    found = scaled.kept(kept)
    if "growth" not in found:
        raise UsageError("nothing-kept", str(kept), "`jukihub bench growth --keep FOLDER` keeps what it is made of")
    text = scaled.page(found, law.load())
    if write:
        Path("SCALE.md").write_text(text, encoding="utf-8")
    else:
        typer.echo(text, nl=False)


def _say(text: str) -> None:
    typer.echo(text, err=True)


def seal(
    changes: Annotated[int, typer.Option(min=1, help="how many changes")] = 2_000,
    contracts: Annotated[
        list[int] | None, typer.Option(min=1, max=60, help="how many contracts; may be said several times [4 8 12 16]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Disclosures per second of one core, from sealed change to sealed disclosure: the kernel and its twin in turn.

    Needs no server. Without the kernel (`make kernel`) the twin is measured alone.

    Example: `jukihub bench seal --contracts 8 --contracts 16`
    """
    from hub.bench.sealing import measure  # noqa: PLC0415 - only this command
    from hub.kernel import there  # noqa: PLC0415 - as above

    book = law.load(settings().contracts)
    found = [asyncio.run(measure(book, each, changes, there())) for each in contracts or (4, 8, 12, 16)]
    if as_json:
        typer.echo(orjson.dumps([asdict(one) for one in found]))
        return
    for one in found:
        rates = ", ".join(f"{name} {rate:,.0f}" for name, rate in one.outputs_per_second.items())
        ratio = f" (ratio {one.ratio:.2f})" if one.ratio else ""
        typer.echo(f"{one.contracts:2} contracts, outputs/s of one core: {rates}{ratio}")


def ledger(
    disclosures: Annotated[int, typer.Option(min=1, help="how many disclosures the ledger names")] = 1_000_000,
    per_line: Annotated[int, typer.Option(min=1, help="of each line, which is one change")] = 1,
    as_json: Json = False,
) -> None:
    """Seconds to verify an export with nothing but the public key; needs no server, and about 1 GB for the file.

    Example: `jukihub bench ledger --disclosures 1000000`
    """
    from hub.bench.proving import measure  # noqa: PLC0415 - only this command

    with TemporaryDirectory(prefix="juki-bench-") as folder:
        found = measure(disclosures, per_line, Path(folder) / "ledger.jsonl")
    if as_json:
        typer.echo(orjson.dumps(asdict(found)))
        return
    typer.echo(f"{found.disclosures:,} disclosures in {found.leaves:,} lines ({found.file_bytes / 1e6:,.0f} MB)")
    typer.echo(f"verified in {found.seconds:.1f} s, {found.cpu_seconds:.1f} s of it work of one core")
