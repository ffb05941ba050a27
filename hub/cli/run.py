"""`jukihub run …`: the processes of the hub, in the foreground. `jukihub up` starts all of them."""

import asyncio
from typing import Annotated

import typer

from hub.config import settings

Port = Annotated[int, typer.Option(help="port of /metrics and /health; 0: a free one, written to <HUB_DATA>/run")]


def commands(_app: typer.Typer, run: typer.Typer) -> None:
    """Register the hub's own processes."""
    run.command("router")(router)
    run.command("ledger")(ledger)
    run.command("api")(api)
    run.command("watch")(watch)


def router(
    slot: Annotated[int, typer.Option(help="which slot this process owns")] = 0,
    slots: Annotated[int, typer.Option(help="how many slots share the partitions")] = 1,
    port: Port = 0,
) -> None:
    """Route changes to every contract that may hear of them.

    Example: two processes on two machines: `jukihub run router --slot 0 --slots 2`, `… --slot 1 --slots 2`.
    """
    if not 0 <= slot < slots:
        raise typer.BadParameter("a slot is at least 0 and below --slots")
    from hub import run  # noqa: PLC0415 - only this command needs the router

    asyncio.run(run.route(settings(), slot, slots, port))


def ledger(port: Port = 0) -> None:
    """Archive the ledger's lines into PostgreSQL."""
    from hub import archive  # noqa: PLC0415 - only this command needs the archive

    asyncio.run(archive.run(settings(), port))


def api(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="port of the API; 0: a free one, written to <HUB_DATA>/run")
    ] = 8443,
    metrics_port: Port = 0,
) -> None:
    """Serve the HTTP API (/api/v1): on this machine alone, or by TLS with HUB_API_CERTIFICATE and HUB_API_KEY.

    \b
    Example:
      jukihub run api --port 8443
      curl -H "Authorization: Bearer $HUB_TOKEN" http://127.0.0.1:8443/api/v1/me
    """
    from hub.api import serving  # noqa: PLC0415 - only this command needs a web server

    asyncio.run(serving.serve(settings(), port, metrics_port))


def watch(
    slot: Annotated[int, typer.Option(min=0, help="which of several watches this is")] = 0, port: Port = 0
) -> None:
    """Tally what the ledger tells, per contract and hour, and say what is late, unusual or missing.

    Example: jukihub run watch --port 9105
    """
    from hub import watch as process  # noqa: PLC0415 - only this command needs Faust

    asyncio.run(process.run(settings(), slot, port))
