"""`jukihub run relay`, `run counter`: the processes of the registry's side.

What is imported when a command runs stands inside it, so that nobody's help waits for a broker or a web server.
"""

import asyncio
from typing import Annotated

import typer

from hub.config import settings

Port = Annotated[int, typer.Option(min=0, max=65535, help="port of the counter; 0: a free one, in <HUB_DATA>/run")]
MetricsPort = Annotated[int, typer.Option(help="port of /metrics and /health; 0: a free one, in <HUB_DATA>/run")]


def commands(_app: typer.Typer, run: typer.Typer) -> None:
    """Register the commands."""
    run.command("relay")(relay)
    run.command("counter")(counter)


def relay(
    port: MetricsPort = 0,
) -> None:
    """Carry Changes from the registry's outbox to the broker, or also out of the log of an existing registry.

    \b
    A second relay takes over the shards of one that stops.
    Examples:
      jukihub run relay --port 9101
      HUB_CAPTURE=decoding HUB_CAPTURE_TRANSLATE=city.rows:translate jukihub run relay
    The second one also reads the slot HUB_CAPTURE_SLOT of the publication HUB_CAPTURE_PUBLICATION, both `juki` unless
    said otherwise, in HUB_CAPTURE_DATABASE; `city.rows:translate` is the city's own: producers/capture/README.md.
    """
    from producers import relay_process  # noqa: PLC0415 - only this command needs the broker

    asyncio.run(relay_process.run(settings(), port))


def counter(
    port: Port = 8445,
    metrics_port: MetricsPort = 0,
    describe: Annotated[bool, typer.Option("--describe", help="print its description (OpenAPI) instead")] = False,
) -> None:
    """Serve the counter (届出の窓口) over HTTP: as `run api`, on this machine alone or by TLS, for clerks.

    \b
    Examples:
      jukihub run counter --port 8445
      curl -H "Authorization: Bearer $HUB_TOKEN" -H "Content-Type: application/json" \\
           --data @notice.json http://127.0.0.1:8445/api/v1/todokede
    """
    from hub.api import app, serving  # noqa: PLC0415 - only this command needs a web server
    from hub.clock import now  # noqa: PLC0415 - as above
    from hub.plugged import juminhyo_check  # noqa: PLC0415 - as above
    from producers.api import SERVICE  # noqa: PLC0415 - as above

    if describe:
        typer.echo(app.document(app.application(settings(), now, service=SERVICE)), nl=False)
        return
    juminhyo_check(settings())  # where it cannot be had, that is said now and not to the first clerk
    asyncio.run(serving.serve(settings(), port, metrics_port, SERVICE))
