"""`jukihub audit list`: what persons have done and tried, for those who watch."""

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.errors import visible
from hub.config import Settings, settings
from hub.people import Act

if TYPE_CHECKING:
    from hub.audit import Noted

_audit = typer.Typer(no_args_is_help=True, help="What persons have done and tried (監査).")


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_audit, name="audit")


@_audit.command("list")
def list_entries(
    days: Annotated[int, typer.Option(min=1, max=3660, help="of the last days")] = 7,
    person: Annotated[str | None, typer.Option(help="of this account alone")] = None,
    act: Annotated[Act | None, typer.Option(help="of this act alone")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="the newest alone")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Who did or tried what, to what, when, and how it ended. Oldest first. Looking leaves a line itself.

    \b
    An act that changes something has a line `begun` and one for its end: where the second is missing, it was cut off.
    Examples:
      jukihub audit list --days 30 --person ito
      jukihub audit list --act letters-reveal --json
    """
    found = [one.as_json() for one in asyncio.run(_entries(settings(), timedelta(days=days), person, act, limit))]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        said = " ".join(f"{key}={value}" for key, value in one["details"].items())
        typer.echo(visible("{at} {name} {act} {object}: {code} ".format(**one) + said))
    if not found:
        typer.echo("nothing", err=True)


async def _entries(here: Settings, back: timedelta, person: str | None, act: Act | None, limit: int) -> "list[Noted]":
    from hub import audit  # noqa: PLC0415 - not needed for anybody's help
    from hub.accounts import check_name  # noqa: PLC0415 - as above
    from hub.acting import acting  # noqa: PLC0415 - as above
    from hub.clock import now  # noqa: PLC0415 - as above
    from hub.database import connect  # noqa: PLC0415 - as above

    if person is not None:
        check_name(person)
    details: dict[str, str | int] = {"days": back.days, "filter": f"{person or ''} {act or ''}".strip()}
    async with (
        connect(here.database, size=1) as database,
        acting(here, database, Act.AUDIT_SEE, "audit", now, details),
    ):
        return await audit.entries(database, now() - back, person, act, limit)
