"""`jukihub status`: one screen that says whether all is well, and what to type where it is not."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.clock import now
from hub.config import settings

STATES = {"running": "green", "elsewhere": "green", "stopped": "dim", "unhealthy": "red", "unreachable": "red"}


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the command."""
    app.command("status")(status)


def status(as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False) -> None:
    """Say whether all is well: every process, what each contract waits for, and per trouble the command to type.

    Exit 0 where all is well, else 1. Answers within seconds, also while broker or database are down.

    Example: jukihub status --json
    """
    from hub import given, house, troubles  # noqa: PLC0415 - only this command needs them
    from hub import status as how  # noqa: PLC0415 - as above

    here = settings()
    book = given.book(here)
    rows = house.status(book)
    facts = how.gather(here, book, rows, now())
    found, contracts = troubles.troubles(facts), how.contracts(facts, book)
    if as_json:
        typer.echo(json.dumps({
            "well": not found, "verdict": troubles.verdict(found), "at": facts.now.isoformat(),
            "troubles": [asdict(each) for each in found], "processes": rows, "contracts": contracts,
            "api": house.api(here.data), "kernels": how.kernels(facts),
        }, ensure_ascii=False))  # fmt: skip
    else:
        _print(troubles.verdict(found), [asdict(each) for each in found], rows, contracts)
        _say_kernels(how.kernels(facts))
        _say_where(here.data, house.api(here.data))
    raise typer.Exit(1 if found else 0)


def _print(
    verdict: str, troubles: list[dict[str, str]], rows: list[dict[str, Any]], contracts: list[dict[str, Any]]
) -> None:
    from rich.console import Console  # noqa: PLC0415 - only for people

    console = Console()
    console.print(f"[bold {'red' if troubles else 'green'}]{verdict}[/]")
    for each in troubles:
        console.print(f"  {each['what']}\n    [bold]$ {each['command']}[/]", soft_wrap=True)
    console.print("", _processes(rows))
    _print_contracts(console, contracts)


def _print_contracts(console: Any, contracts: list[dict[str, Any]]) -> None:
    """A line for each of which there is something to say; the others by name."""
    silent = [row["contract"] for row in contracts if row["waiting"] is None and row["offsets_behind"] is None]
    still = [row["contract"] for row in contracts if _is_still(row)]
    if rows := [row for row in contracts if row["contract"] not in {*silent, *still}]:
        console.print("", _contracts(rows))
    for title, names in (("Nothing waits", still), ("Not known", silent)):
        if names:
            console.print(f"\n{title}: {', '.join(names)}")


def _say_kernels(kernels: dict[str, str]) -> None:
    if kernels:
        typer.echo("\nKernel: " + ", ".join(f"{router} {kernel}" for router, kernel in kernels.items()))


def _say_where(data: Path, api: str | None) -> None:
    if api:
        typer.echo(f"api: {api}", err=True)
    typer.echo(f"data: {data.resolve()}", err=True)


def _is_still(row: dict[str, Any]) -> bool:
    """Whether there is nothing to say of a contract."""
    return row["offsets_behind"] == 0 or (row["waiting"], row["dead"], row["lag_seconds"]) == (0, 0, 0)


def _processes(rows: list[dict[str, Any]]) -> Any:
    from rich.table import Table  # noqa: PLC0415 - only for people

    table = Table("process", "state", "pid", "port", box=None, pad_edge=False)
    for row in rows:
        state = str(row["state"])
        table.add_row(row["name"], f"[{STATES[state]}]{state}[/]", *(str(row[key] or "") for key in ("pid", "port")))
    return table


def _contracts(rows: list[dict[str, Any]]) -> Any:
    from rich.table import Table  # noqa: PLC0415 - only for people

    table = Table("contract", "waiting", "behind a letter", "dead letters", "oldest", box=None, pad_edge=False)
    for row in rows:
        lag = "" if row["lag_seconds"] == 0 else _shown(row["lag_seconds"], " s")
        if row["offsets_behind"] is not None:
            lag = "read to the end" if row["offsets_behind"] == 0 else f"{row['offsets_behind']} offsets unread"
        table.add_row(row["contract"], *(_shown(row[key]) for key in ("waiting", "behind", "dead")), lag)
    return table


def _shown(figure: float | None, unit: str = "") -> str:
    return "–" if figure is None else f"{figure:g}{unit}"
