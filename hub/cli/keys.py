"""`jukihub keys …`: handing content keys to subscribers; the KEKs below `jukihub keys kek`."""

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from contracts import book as law
from contracts.change import JAPAN
from contracts.contract import DEPARTMENTAL, Contract
from hub.cli.kek import kek
from hub.config import Settings, settings
from hub.errors import NotPermitted, UsageError
from hub.people import Act


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register `jukihub keys`."""
    keys = typer.Typer(help="Content keys, and the KEKs that wrap them.", no_args_is_help=True)
    keys.command("grant")(grant)
    keys.add_typer(kek, name="kek")
    app.add_typer(keys, name="keys")


def grant(
    contract: Annotated[str, typer.Option(help="contract id")],
    to: Annotated[Path, typer.Option(
        help="file of the subscriber's public key: a JWK, EC P-256", exists=True, dir_okay=False, readable=True
    )],
    days: Annotated[int, typer.Option(min=0, max=7, help="also the keys of this many days to come")] = 0,
) -> None:
    """Print a contract's content keys as a JWE that only the subscriber can open.

    Example: `jukihub keys grant --contract child-policy --to public.jwk > keys.jwe`

    Whoever runs this decides alone who the subscriber is: nothing here can tell whose key it is. So it is for
    development: in production (exit 5) two persons register the key, and `jukihub clients key grant` seals to it.
    Refused (exit 5) for a contract with a counterpart outside, to which the hub itself hands over, and for one whose
    feed is stopped. Asks the broker first which keys were destroyed (exit 6 where it is away).
    """
    typer.echo(asyncio.run(_granted(settings(), contract, to.read_bytes(), days)))


def check(contract: Contract | None) -> Contract:
    """UsageError where there is no such contract, NotPermitted where its subscriber has no business with keys."""
    if contract is None:
        raise UsageError("unknown-contract", "--contract")
    if contract.via not in DEPARTMENTAL:
        raise NotPermitted("not-a-department", "--contract", "Its disclosures are handed over by the hub itself")
    return contract


async def _granted(given: Settings, contract: str, to: bytes, days: int) -> str:
    from hub.clock import now  # noqa: PLC0415
    from hub.typist import typed  # noqa: PLC0415 - as the database

    details: dict[str, str | int] = {"hash": sha256(to).hexdigest(), "days": days}
    async with typed(given, Act.KEYS_GRANT, contract, now, details):
        if given.env == "production":
            remedy = "Register it by two persons: jukihub clients key request; then: jukihub clients key grant"
            raise NotPermitted("takes-two-persons", "--to", remedy)
        return await _sealed(given, check(law.load(given.contracts).contracts.get(contract)), to, days)


async def _sealed(given: Settings, contract: Contract, to: bytes, days: int) -> str:
    from hub.clock import now  # noqa: PLC0415
    from hub.database import connect  # noqa: PLC0415 - only this command needs the database
    from hub.destroyed import keys  # noqa: PLC0415
    from hub.granting import days_from, recipient  # noqa: PLC0415 - nor joserfc
    from hub.granting import grant as granted  # noqa: PLC0415 - as above
    from hub.stops import Stops  # noqa: PLC0415
    from hub.wanted import DESK  # noqa: PLC0415

    async with connect(given.database) as database:
        await Stops(database, contract).check()
        store, coming = await keys(given, database, DESK), days_from(now().astimezone(JAPAN).date(), days)
        return await granted(store, contract.id, recipient(to), coming)
