"""`jukihub audit …`: what persons have done and tried, and the weekly review of it, for those who watch."""

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from contracts.errors import visible
from hub.config import Settings, settings
from hub.people import Act

if TYPE_CHECKING:
    from hub.audit import Noted
    from hub.auditing.reviewing import Review

Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
_SHOWN: Final = 20
"""Numbers of entries that a line for people shows."""

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
    as_json: Json = False,
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
        typer.echo(visible("#{id} {at} {name} {act} {object}: {code} ".format(**one) + said))
    if not found:
        typer.echo("nothing", err=True)


@_audit.command("review")
def review(
    week: Annotated[str | None, typer.Option(metavar="WEEK", help="such as 2026-W48; else the last one")] = None,
    as_json: Json = False,
) -> None:
    """What has to be looked at in a week: out of hours, spikes, the same two persons, no case, reveals, refusals,
    acts that were cut off, entries of another time.

    \b
    By the rules of hub/auditing/auditing.toml, or HUB_AUDITING. Each line names accounts and the numbers of entries
    (`jukihub audit list` shows them); the digest of the list is what `sign` wants. Looking leaves a line itself.
    Examples:
      jukihub audit review
      jukihub audit review --week 2026-W48 --json
    """
    found = asyncio.run(_reviewed(week))
    if as_json:
        typer.echo(json.dumps(found.as_json(), ensure_ascii=False))
    else:
        _say(found)
    if found.unsigned:
        typer.echo(f"not signed: {', '.join(map(str, found.unsigned))}", err=True)


@_audit.command("sign")
def sign(
    week: Annotated[str, typer.Option(metavar="WEEK", help="such as 2026-W48")],
    digest: Annotated[str, typer.Option(metavar="HEX", help="of the list, as `review` shows it")],
    as_json: Json = False,
) -> None:
    """Sign that a week was reviewed: as an auditor who is not on its list. Once, and for good.

    The list is made by your HUB_AUDITING: for `jukihub run ledger`, which counts late weeks, the week is signed only
    where its own rules are the same.

    Example: jukihub audit sign --week 2026-W48 --digest 5f70bf18…
    """
    found = asyncio.run(_signed(week, digest))
    if as_json:
        typer.echo(json.dumps({"week": str(found.week), "digest": found.digest, "count": len(found.findings)}))
    else:
        typer.echo(f"{found.week}: signed, {len(found.findings)} findings")
    typer.echo("counts where jukihub run ledger has the same rules (HUB_AUDITING); else the week stays late", err=True)


def _say(found: "Review") -> None:
    for one in found.findings:
        numbers = " ".join(f"#{number}" for number in one.entries[:_SHOWN])
        more = f" and {len(one.entries) - _SHOWN} more" if len(one.entries) > _SHOWN else ""
        said = "".join(f" {key}={value:g}" for key, value in one.said.items())
        typer.echo(f"{one.kind} {' -> '.join(one.who)}: {len(one.entries)}{said} ({numbers}{more})")
    signed = f"signed by {found.signature.name}" if found.signature else "not signed"
    typer.echo(f"{found.week}: {len(found.findings)} findings, digest {found.digest}, {signed}")


async def _reviewed(week: str | None) -> "Review":
    from hub.auditing.reviewing import opened  # noqa: PLC0415 - not needed for anybody's help
    from hub.auditing.week import Week  # noqa: PLC0415 - as above
    from hub.clock import now  # noqa: PLC0415 - as above

    meant = None if week is None else Week.of(week)
    async with opened(settings(), now) as reviewer:
        return await reviewer.review(meant)


async def _signed(week: str, digest: str) -> "Review":
    from hub.auditing.reviewing import opened  # noqa: PLC0415 - not needed for anybody's help
    from hub.auditing.week import Week  # noqa: PLC0415 - as above
    from hub.clock import now  # noqa: PLC0415 - as above

    meant = Week.of(week)
    async with opened(settings(), now) as reviewer:
        return await reviewer.sign(meant, digest)


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
