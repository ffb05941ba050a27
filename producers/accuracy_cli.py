"""`jukihub accuracy`: does the register agree with itself, and does the prefecture have the same of it?"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer

from hub import given
from hub.acting import acting
from hub.clock import now
from hub.config import Settings, settings
from hub.database import Connection, connect
from hub.errors import UsageError
from hub.people import Act
from producers import accuracy
from producers.accuracy import LOOK
from producers.todokede import today

PARTIAL: Final = 3
PREFECTURE: Final = "prefecture"


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.command("accuracy")(accuracy_of)


def accuracy_of(
    with_prefecture: Annotated[bool, typer.Option("--prefecture", help="整合性確認: compare digests with it")] = False,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="the digests' key, 64 hexadecimal digits")] = None,
    listed: Annotated[bool, typer.Option("--list", help="also everybody who was found, by UUID")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Check the register (正確性の確保): households, relationships, numbers, history, what is overdue. Changes nothing.

    \b
    With --prefecture: whether it has the same people with the same items, by keyed digests alone.
    Examples:
      jukihub accuracy
      jukihub accuracy --list | grep same-number
      jukihub accuracy --prefecture --key secrets/digests.key --json
    Exit code 3 where something is wrong or overdue. What is only to be looked at does not count.
    """
    if with_prefecture and key is None:
        raise UsageError("missing", "--key", "Both sides digest with a key that was agreed out of band")
    found = asyncio.run(_found(settings(), key if with_prefecture else None))
    _tell(found, listed, as_json)
    if any(one["weight"] != LOOK for one in found):
        raise typer.Exit(PARTIAL)


async def _found(here: Settings, key: Path | None) -> list[dict[str, Any]]:
    what = PREFECTURE if key else "register"
    details: dict[str, str | int] = {}
    async with (
        connect(here.database, 1) as hub,
        acting(here, hub, Act.ACCURACY_SEE, what, now, details),
        connect(here.registry_dsn, 1) as registry,
        accuracy.snapshot(registry) as tx,
    ):
        found = await _differing(here, tx, key) if key else await _inside(tx)
        details["count"] = len(found)
        return found


async def _inside(tx: Connection) -> list[dict[str, Any]]:
    return [
        _line(one.code, one.weight, one.resident, one.place)
        async for one in accuracy.findings(tx, today(now()))
    ]  # fmt: skip


async def _differing(here: Settings, tx: Connection, key: Path) -> list[dict[str, Any]]:
    from producers import counterpart, digests  # noqa: PLC0415 - an HTTP client, which nothing else here needs

    contract = given.book(here).contracts.get(PREFECTURE)
    if contract is None:
        raise UsageError("unknown-contract", PREFECTURE)
    async with counterpart.asked(here, PREFECTURE) as there:
        ours = await digests.digests(tx, counterpart.read_key(key), contract, today(now()))
        return [_line(one.code, "wrong", one.resident) async for one in digests.compare(ours, there)]


def _line(code: str, weight: str, resident: object, place: str = "") -> dict[str, Any]:
    said = {"code": code, "weight": weight, "resident": str(resident) if resident else None}
    return said | ({"place": place} if place else {})


def _tell(found: Sequence[dict[str, Any]], listed: bool, as_json: bool) -> None:
    counts = dict(sorted(Counter(f"{one['weight']} {one['code']}" for one in found).items()))
    if as_json:
        by_code = dict(sorted(Counter(one["code"] for one in found).items()))
        typer.echo(orjson.dumps({"counts": by_code, "findings": found}).decode())
        return
    for one in found if listed else ():
        typer.echo(" ".join(str(one[part]) for part in ("code", "resident", "place") if one.get(part)))
    for name, count in counts.items():
        typer.echo(f"{count:>8} {name}", err=listed)
    if not found:
        typer.echo("nothing found", err=True)
