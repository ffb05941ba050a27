"""`jukihub up`, `down`: the whole house on one machine, without containers."""

import json
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.command("up")(up)
    app.command("down")(down)


def up(
    processes: Annotated[bool, typer.Option(help="also the stand-ins and the hub's own processes")] = True,
    as_json: Json = False,
) -> None:
    """Start Kafka, PostgreSQL, the stand-ins and every process of the hub; leave in peace what runs already.

    The first start brings the broker's jars.
    Examples: `jukihub up`; `HUB_ENV=development HUB_KAFKA=broker:9093 jukihub up --no-processes`.
    """
    from hub import house  # noqa: PLC0415 - only these commands need it

    house.up(_say, with_processes=processes)
    if as_json:
        typer.echo(json.dumps(house.status()))


def down() -> None:
    """Stop everything that `up` started, in reverse order. Data is kept.

    Example: jukihub down
    """
    from hub import house  # noqa: PLC0415 - only these commands need it

    house.down(_say)


def _say(text: str) -> None:
    typer.echo(text, err=True)
