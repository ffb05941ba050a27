"""`jukihub changes` and `jukihub unknown-ages`: what the registry has recorded, for those who look back."""

import asyncio
import sys
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import orjson
import typer

from hub import given
from hub.clock import now
from hub.config import settings
from hub.database import connect
from hub.errors import UsageError
from producers import recorded


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.command("changes")(changes)
    app.command("unknown-ages")(unknown_ages)


def changes(
    days: Annotated[int, typer.Option(min=1, max=36_500, help="what was recorded in the last N days")] = 7,
    change: Annotated[UUID | None, typer.Option("--id", help="only the change with this id")] = None,
) -> None:
    """Write recorded Changes, one JSON object per line, as they went out. Personal data: for a pipe, not for a file.

    \b
    Examples:
      jukihub changes --days 90 | jukihub contracts simulate draft/ --changes -
      jukihub changes --id 01930000-0000-7000-8000-000000000001 | jukihub explain - --contract tax
    """
    if change is None:
        asyncio.run(_write_since(now() - timedelta(days=days)))
    else:
        asyncio.run(_write_one(change))


async def _write_since(begin: datetime) -> None:
    async with connect(settings().registry_dsn, 1) as db:
        async for body in recorded.since(db, begin):
            sys.stdout.buffer.write(body + b"\n")


async def _write_one(change: UUID) -> None:
    async with connect(settings().registry_dsn, 1) as db:
        body = await recorded.one(db, change)
    if body is None:
        raise UsageError("unknown-change", "--id")
    sys.stdout.buffer.write(body + b"\n")


def unknown_ages() -> None:
    """List everybody whose year of birth is unknown (不詳): outside every population with an age until somebody looks.

    One JSON object per line: {"atena_no", "contracts": \\[those that leave them out so]}. Correct the date of birth, or
    tell those sections by other means. Example: `jukihub unknown-ages | wc -l`
    """
    found = asyncio.run(_unknown_ages())
    typer.echo(f"{found} of the register: no year of birth", err=True)


async def _unknown_ages() -> int:
    found = 0
    async with connect(settings().registry_dsn, 1) as db:
        async for atena_no, left_out in recorded.unknown_ages(db, given.book(settings()).contracts.values()):
            typer.echo(orjson.dumps({"atena_no": atena_no, "contracts": left_out}).decode())
            found += 1
    return found
