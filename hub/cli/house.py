"""`jukihub up`, `down`, `status`: the whole house on one machine, without containers."""

import json
from typing import Annotated

import typer

from hub.config import settings

Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
STATES = {"running": "green", "elsewhere": "green", "stopped": "dim", "unhealthy": "red", "unreachable": "red"}


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.command("up")(up)
    app.command("down")(down)
    app.command("status")(status)


def up(
    processes: Annotated[bool, typer.Option(help="also the stand-ins and the hub's own processes")] = True,
    as_json: Json = False,
) -> None:
    """Start Kafka, PostgreSQL, the stand-ins and every process of the hub; leave in peace what runs already.

    Examples: `jukihub up`; `HUB_KAFKA=broker:9093 jukihub up --no-processes`. The first start brings the broker's jars.
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


def status(as_json: Json = False) -> None:
    """Every process with its port and its health; exit 1 where one is not up.

    Example: jukihub status --json
    """
    from hub import house  # noqa: PLC0415 - only these commands need it

    rows = house.status()
    if as_json:
        typer.echo(json.dumps(rows))
    else:
        _say(f"data: {settings().data.resolve()}")
        _print(rows)
    raise typer.Exit(0 if house.is_well(rows) else 1)


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _print(rows: list[dict[str, object]]) -> None:
    from rich.console import Console  # noqa: PLC0415 - only for people
    from rich.table import Table  # noqa: PLC0415 - as above

    table = Table("process", "state", "pid", "port")
    for row in rows:
        state = str(row["state"])
        table.add_row(
            str(row["name"]), f"[{STATES[state]}]{state}[/]", *(str(row[key] or "") for key in ("pid", "port"))
        )
    Console().print(table)
