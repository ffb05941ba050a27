"""`jukihub changes` and `jukihub unknown-ages`: what the registry has recorded, for those who look back."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import orjson
import typer

from hub import given
from hub.acting import Details
from hub.cli.shared import Case
from hub.clock import now
from hub.config import settings
from hub.database import Database, connect
from hub.errors import UsageError
from hub.people import Act
from hub.typist import typed
from hub.wording import case as of_case
from producers import recorded


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.command("changes")(changes)
    app.command("unknown-ages")(unknown_ages)


def changes(
    days: Annotated[int, typer.Option(min=1, max=36_500, help="what was recorded in the last N days")] = 7,
    change: Annotated[UUID | None, typer.Option("--id", help="only the change with this id")] = None,
    case: Case = None,
) -> None:
    """Write recorded Changes, one JSON object per line, as they went out. Personal data: for a pipe, not for a file.

    In production an act of a clerk, noted with how many were read; without --case the weekly review lists it so.
    \b
    Examples:
      jukihub changes --days 90 --case 情第12号 | jukihub contracts simulate draft/ --changes -
      jukihub changes --id 01930000-0000-7000-8000-000000000001 | jukihub explain - --contract tax
    """
    asyncio.run(_write_since(days, of_case(case)) if change is None else _write_one(change, of_case(case)))


async def _write_since(days: int, details: dict[str, str | int]) -> None:
    details |= {"days": days, "count": 0}
    async with _read_out("recorded", details) as db:
        async for body in recorded.since(db, now() - timedelta(days=days)):
            details["count"] = int(details["count"]) + 1
            sys.stdout.buffer.write(body + b"\n")


async def _write_one(change: UUID, details: Details) -> None:
    async with _read_out(str(change), details) as db:
        body = await recorded.one(db, change)
        if body is None:
            raise UsageError("unknown-change", "--id")
        sys.stdout.buffer.write(body + b"\n")


@asynccontextmanager
async def _read_out(what: str, details: Details) -> AsyncIterator[Database]:
    """Records in the clear: noted before the first of them leaves."""
    here = settings()
    async with typed(here, Act.CHANGES_READ, what, now, details), connect(here.registry_dsn, 1) as db:
        yield db


def unknown_ages() -> None:
    """List everybody whose year of birth is unknown (不詳): outside every population with an age until somebody looks.

    One JSON object per line: {"atena_no", "contracts": \\[those that leave them out so]}. Correct the date of birth, or
    tell those sections by other means. In production an act of a clerk. Example: `jukihub unknown-ages | wc -l`
    """
    found = asyncio.run(_unknown_ages())
    typer.echo(f"{found} of the register: no year of birth", err=True)


async def _unknown_ages() -> int:
    found = 0
    here = settings()
    async with typed(here, Act.REGISTER_LIST, "unknown-ages", now), connect(here.registry_dsn, 1) as db:
        async for atena_no, left_out in recorded.unknown_ages(db, given.book(here).contracts.values()):
            typer.echo(orjson.dumps({"atena_no": atena_no, "contracts": left_out}).decode())
            found += 1
    return found
