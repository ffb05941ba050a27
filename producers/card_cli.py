"""`jukihub card …`: whose certificate it is that a card presents, and which are in force."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from enum import StrEnum
from typing import Annotated, TypeVar

import orjson
import typer

from hub.acting import acting
from hub.clock import now
from hub.config import settings
from hub.database import Connection, connect
from hub.errors import UsageError
from hub.people import Act
from producers import cards
from producers.cards import Known, Unknown

T = TypeVar("T")
NOBODY = 5

Serial = Annotated[str, typer.Argument(metavar="SERIAL", help="of the certificate, hexadecimal")]
Reason = StrEnum("Reason", {reason: reason for reason in cards.REASONS})  # type: ignore[misc]  # of the closed list

_app = typer.Typer(no_args_is_help=True, help="Identity by card (個人番号カードによる本人確認).")


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_app, name="card")


@_app.command("check")
def check(serial: Serial, as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False) -> None:
    """Who presents this card: `yes` and the 宛名番号, or `no` and exit code 5. Why not is in the audit.

    Example: jukihub card check 5A3C01
    """
    found = asyncio.run(_checked(cards.serial_of(serial)))
    known = isinstance(found, Known)
    if as_json:
        said = {"valid": known} | ({"atena_no": found.atena_no} if isinstance(found, Known) else {})
        typer.echo(orjson.dumps(said).decode())
    else:
        typer.echo(f"yes {found.atena_no}" if isinstance(found, Known) else "no")
    if not known:
        raise typer.Exit(NOBODY)


@_app.command("enter")
def enter(
    serial: Serial,
    atena_no: Annotated[str, typer.Option("--for", metavar="宛名番号", help="whose it is")],
    expires: Annotated[str, typer.Option(metavar="DATE", help="the last day on which it counts")],
) -> None:
    """A certificate was issued to somebody on the register; the one before it counts no more.

    Example: jukihub card enter 5A3C01 --for 0000000013 --expires 2031-04-01
    """
    number, last = cards.serial_of(serial), _day(expires)
    asyncio.run(_in_office(Act.CARD_MANAGE, lambda tx, _: cards.enter(tx, number, atena_no, last, now())))
    typer.echo("entered", err=True)


@_app.command("revoke")
def revoke(
    serial: Serial, reason: Annotated[Reason, typer.Option(help="why it counts no more")]
) -> None:  # fmt: skip
    """A certificate counts no more.

    Example: jukihub card revoke 5A3C01 --reason lost
    """
    number = cards.serial_of(serial)
    asyncio.run(_in_office(Act.CARD_MANAGE, lambda tx, _: cards.revoke(tx, number, str(reason), now())))
    typer.echo("revoked", err=True)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("bad-date", "--expires", "A day such as 2031-04-01 is meant") from None


async def _checked(serial: bytes) -> Known | Unknown:
    async def look(tx: Connection, details: dict[str, str | int]) -> Known | Unknown:
        found = await cards.check(tx, serial, now())
        details["ended"] = found.code if isinstance(found, Unknown) else "known"
        return found

    return await _in_office(Act.CARD_CHECK, look)


async def _in_office(act: Act, do: Callable[[Connection, dict[str, str | int]], Awaitable[T]]) -> T:
    here = settings()
    details: dict[str, str | int] = {}
    async with (
        connect(here.database, 1) as hub,
        acting(here, hub, act, "card", now, details),
        connect(here.registry_dsn, 1) as registry,
        registry.transaction() as tx,
    ):
        return await do(tx, details)
