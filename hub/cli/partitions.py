"""`jukihub partitions …`: letting a partition go on that stands still before a record of nobody, by two persons."""

from typing import Annotated
from uuid import UUID

import typer

from hub.cli import requested
from hub.cli.requested import Json, Wait

_partitions = typer.Typer(no_args_is_help=True, help="Partitions that stand still (停止), and letting them go on.")


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_partitions, name="partitions")


@_partitions.command("pass")
def pass_over(
    partition: Annotated[int, typer.Option(min=0, help="as the router's line `partition-stopped` says")],
    offset: Annotated[int, typer.Option(min=0, help="the same")],
    reason: Annotated[str, typer.Option(help="why; kept for ever, so nothing about a resident")],
    as_json: Json = False,
) -> None:
    """Ask for the record before which a partition stands still to be passed over. Prints the request's id.

    \b
    It goes into quarantine as it came, under nobody's name. Nothing happens until another person types
    `jukihub partitions approve` within a day.
    Example: jukihub partitions pass --partition 3 --offset 17 --reason "written by hand in the drill of 1 May"
    """
    from hub.acts import RECORD, new_release  # noqa: PLC0415 - not needed for anybody's help

    requested.ask(RECORD, new_release(partition, offset, []), reason, as_json)


@_partitions.command("requests")
def list_requests(as_json: Json = False) -> None:
    """What was asked for and waits for another person.

    Example: jukihub partitions requests
    """
    from hub.acts import RECORD  # noqa: PLC0415 - as above

    requested.show(RECORD, as_json)


@_partitions.command("approve")
def approve(request: UUID, wait: Wait = 30.0, as_json: Json = False) -> None:
    """Approve what another person has asked for; the router then carries it out.

    \b
    Exit 1 (not-stopped-there) where the partition does not stand still at that offset; 4 where you are who has asked; 3
    where no router has carried it out yet: it will.
    Example: jukihub partitions approve 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e
    """
    from hub.acts import RECORD  # noqa: PLC0415 - as above

    act, _ = requested.approve(RECORD, request, wait, as_json, "passed-over")
    typer.echo(f"{act.id}: partition {act.partition} goes on behind offset {act.letter}", err=True)
