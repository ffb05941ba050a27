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

Json = Annotated[bool, typer.Option("--json", help="the figures as JSON")]


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register `jukihub bench`."""
    bench = bench_of(app)
    bench.command("decide")(decide)
    bench.command("route")(route)
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


def route(
    changes: Annotated[int, typer.Option(min=1, help="how many changes")] = 20_000, as_json: Json = False
) -> None:
    """Changes per second through one router on the running broker, and µs per output. Makes and removes own topics.

    Example: `make up && .venv/bin/jukihub bench route --changes 50000`
    """
    from hub.bench.routing import measure  # noqa: PLC0415 - only this command

    found = asyncio.run(measure(settings(), law.load(settings().contracts), changes))
    if as_json:
        ratios = {name: getattr(found, name) for name in ("per_second", "us_per_output", "sealing_share")}
        typer.echo(orjson.dumps(asdict(found) | ratios))
        return
    typer.echo(f"{found.per_second:,.0f} changes/s, {found.outputs / found.seconds:,.0f} outputs/s")
    cpu = found.client_seconds / found.outputs * 1e6
    typer.echo(f"{found.us_per_output:.0f} µs per output ({cpu:.0f} of it CPU of the router)")
    typer.echo(f"sealing takes {found.sealing_share:.0%} of the router's CPU")
    typer.echo(f"{found.transactions} transactions")


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
