"""`jukihub erase due | certificate | certificates | verify | key`, and what is due by the rules (消去)."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from hub.cli.requested import Json
from hub.config import settings
from hub.errors import JukiError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from hub.retention.due import Due
    from hub.retention.running import Ran, Retainer
    from hub.retention.signing import Signed


def add(erase: typer.Typer) -> None:
    """Register the commands."""
    erase.command("due")(run_due)
    erase.command("certificates")(list_certificates)
    erase.command("certificate")(certificate)
    erase.command("verify")(verify)
    erase.command("key")(key)


def planned(as_json: bool) -> None:
    """What is due today, a line for each."""
    found = [one.as_json() for one in asyncio.run(_planned())]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        days = f", {one['oldest']} to {one['newest']}" if one["count"] else ""
        of = f" of {one['contract']}" if one["contract"] else ""
        typer.echo("{rule}  {article}  until {until}: ".format(**one) + f"{one['count']}{of}{days}  {one['ends']}")


def run_due(as_json: Json = False) -> None:
    """The daily run: ends what the rules of contracts/law/retention.toml end alone, certifies it, asks for the rest.

    \b
    What it asks for waits for another person's `jukihub erase approve`. Let a timer call it once a day, with the token
    of an account of its own (duty operator). Twice a day does no harm.
    Example: jukihub erase due
    """
    ran = asyncio.run(_ran())
    if as_json:
        typer.echo(json.dumps(ran.as_json()))
    for number, count in ran.ended.items():
        typer.echo(f"{number}: {count} ended and certified", err=True)
    for rule, why in ran.left:
        typer.echo(f"{rule}: left, {why}", err=True)
    asked = f"{len(ran.asked)} requests made, {ran.waiting} wait already"
    typer.echo(f"{len(ran.ended)} rules carried out; {asked}", err=True)


def list_certificates(as_json: Json = False) -> None:
    """The newest certificates: id, rule, how much, when.

    Example: jukihub erase certificates --json
    """
    found = asyncio.run(_certificates())
    if as_json:
        typer.echo(json.dumps(found))
        return
    for one in found:
        typer.echo("{id}  {rule}  {count} {how}  {ended_at}".format(**one))
    if not found:
        typer.echo("nothing was certified yet", err=True)


def certificate(
    number: Annotated[UUID, typer.Argument(metavar="ID", help="of an order or of a run")],
    page: Annotated[bool, typer.Option("--page", help="a printable page in Japanese (HTML) instead of JSON")] = False,
) -> None:
    """Print the certificate of an erasure: JSON with an Ed25519 signature, or a page to be printed and filed.

    \b
    Once a checkpoint of the ledger covers it, the JSON has the receipt that proves it (`jukihub ledger prove ID`).
    Examples:
      jukihub erase certificate 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e > certificate.json
      jukihub erase certificate 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e --page > certificate.html
    """
    from hub.retention.page import page as printed  # noqa: PLC0415 - not needed for anybody's help

    made, place = asyncio.run(_certificate(number))
    if page:
        typer.echo(printed(made.document, place), nl=False)
        return
    typer.echo(json.dumps({**made.document, "ledger": place}, ensure_ascii=False, indent=2))


def verify(
    file: Annotated[Path, typer.Argument(help="a certificate", exists=True, dir_okay=False)],
    key: Annotated[str, typer.Option(help="the public key, as `jukihub erase key` prints it; got from elsewhere")],
    ledger_key: Annotated[str | None, typer.Option(help="as `jukihub ledger key` prints it: also its receipt")] = None,
) -> None:
    """Whether this key signed this certificate as it stands. Needs neither broker nor database; exit 1 where not.

    \b
    With `--ledger-key` also whether it is in the ledger that was signed by that key.
    Example: jukihub erase verify certificate.json --key 4mO5…
    """
    from hub.retention.certificates import TYPE  # noqa: PLC0415 - as above
    from hub.retention.proving import proved  # noqa: PLC0415 - as above
    from hub.retention.signing import verified  # noqa: PLC0415 - as above

    said = verified(file.read_bytes(), key)
    if said.get("type") != TYPE:
        raise JukiError("not-a-certificate", "FILE")
    if ledger_key is not None:
        proved(file.read_bytes(), ledger_key)
    typer.echo(f"{said['id']}: {said['what']['count']} {said['how']}, {said['ended_at']}", err=True)


def key() -> None:
    """Print the public key that certificates are verified with. Hand it to the auditor before it is needed.

    Example: jukihub erase key
    """
    from hub.retention.signing import public_key  # noqa: PLC0415 - as above

    typer.echo(public_key(settings()))


def _retainer() -> "AbstractAsyncContextManager[Retainer]":
    from hub.clock import now  # noqa: PLC0415 - as above
    from hub.retention.running import opened  # noqa: PLC0415 - as above

    return opened(settings(), now)


async def _planned() -> "list[Due]":
    async with _retainer() as here:
        return await here.plan()


async def _ran() -> "Ran":
    async with _retainer() as here:
        return await here.run()


async def _certificates() -> list[dict[str, Any]]:
    async with _retainer() as here:
        return await here.certificates()


async def _certificate(number: UUID) -> "tuple[Signed, dict[str, Any] | None]":
    async with _retainer() as here:
        return await here.certificate(number)
