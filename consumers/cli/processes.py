"""`jukihub run deliver`, `run pull`, `run files`: the processes of this room."""

import asyncio
from typing import Annotated

import typer

from hub.config import settings


def commands(_app: typer.Typer, run: typer.Typer) -> None:
    """Register the commands."""
    run.command("deliver")(deliver)
    run.command("pull")(pull)
    run.command("files")(take_in)


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
    import uvloop  # noqa: PLC0415 - as below

    from consumers import process  # noqa: PLC0415 - the broker's client is not needed for anybody's help

    uvloop.run(process.deliver(settings(), contract, port))


def pull(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the pull API; 0: a free one, written to <HUB_DATA>/run.")
    ] = 8444,
    metrics_port: Annotated[int, typer.Option(help="Port of /metrics and /health; 0: a free one.")] = 0,
    describe: Annotated[bool, typer.Option("--describe", help="Print the OpenAPI document and end.")] = False,
) -> None:
    """Receive the disclosures of every contract with via = "rest", and let subscribers fetch them.

    \b
    On this machine alone, or by TLS with HUB_API_HOST, HUB_API_CERTIFICATE and HUB_API_KEY. HUB_PULL_URL is the URL by
    which subscribers know it: behind a proxy, or under a name. `jukihub clients` says whose programs may fetch.
    Examples:
      jukihub run pull --port 8444
      HUB_PULL_URL=https://hub.city.example:8444 HUB_API_HOST=0.0.0.0 jukihub run pull
      jukihub run pull --describe > openapi.json
    """
    from consumers.pull import process  # noqa: PLC0415 - nobody's help needs a web server

    if describe:
        typer.echo(process.described(settings()), nl=False)
    else:
        asyncio.run(process.pull(settings(), port, metrics_port))


def take_in(
    port: Annotated[int, typer.Option(help="Port of /metrics and /health; 0: a free one.")] = 0,
) -> None:
    """Receive what is told to the contracts with via = csv; `jukihub files write` puts it into files.

    Example: jukihub run files --port 9106
    """
    from consumers.files import process  # noqa: PLC0415 - as above

    asyncio.run(process.files(settings(), port))
