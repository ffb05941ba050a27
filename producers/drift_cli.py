"""`jukihub drift` and `jukihub again …`: does a subscriber hold what it was told, and telling again what it lost."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar
from uuid import UUID

import orjson
import typer

from hub.cli import awaiting, progress
from hub.clock import now
from hub.config import settings
from hub.errors import UsageError

if TYPE_CHECKING:
    from producers.drift.desk import Desk, Healed
    from producers.drift.finding import Finding
    from producers.drift.paper import Paper

T = TypeVar("T")
PARTIAL: Final = 3
WAITS: Final = 4

Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]

_again = typer.Typer(no_args_is_help=True, help="What `jukihub drift --heal` has asked to be told again.")


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.command("drift")(drift)
    app.add_typer(_again, name="again")


def drift(  # noqa: PLR0913 - a command's options
    contract: Annotated[str, typer.Argument(help="a contract whose subscriber keeps a copy")],
    key: Annotated[Path, typer.Option(metavar="FILE", help="the digests' key, 64 hexadecimal digits")],
    theirs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="the digests that a department has handed over")
    ] = None,
    heal: Annotated[bool, typer.Option("--heal", help="tell again, to this contract alone, who can be told")] = False,
    reason: Annotated[str, typer.Option(help="why; with --heal; say nothing about anybody")] = "",
    settle: Annotated[float, typer.Option(min=0, help="seconds between the two looks at what differs")] = 5.0,
    as_json: Json = False,
) -> None:
    """Does a subscriber still hold exactly what it was lawfully told? Both sides digest the permitted items alone.

    \b
    Examples:
      jukihub drift convenience-store --key secrets/store.key
      jukihub drift tax --key secrets/tax.key --theirs first.json            # which buckets differ: 3f,a1
      jukihub drift tax --key secrets/tax.key --theirs second.json --json    # who differs in them
      jukihub drift tax --key secrets/tax.key --theirs second.json --heal --reason "復旧後の照合"
    A counterpart is asked; a department hands its digests over (consumers/subscribe/README.md), first of every
    bucket, then of the residents in those that differ. Names residents by pseudonym: missing there, different there,
    stale there, foreign there, each with the change and disclosure that is missing. --heal records first loads of
    them for this contract, decided and handed over like any Change; of many a second person approves them (exit 4,
    `jukihub again approve`). Exit code 3 where something differs and is not told again.
    """
    if heal and not reason.strip():
        raise UsageError("missing", "--reason", "Say why, and nothing about anybody")
    secret, paper = _other_side(contract, key, theirs)
    healed = _at_desk(lambda desk: _looked(desk, contract, secret, settle, reason if heal else None, paper))
    _tell(contract, healed, paper, as_json)
    if healed.order is not None:
        until = f"{healed.order.expires_at:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"{len(healed.order.subjects)} are to be told again: request {healed.order.id} waits until {until} "
                   "for another person's approval", err=True)  # fmt: skip
        raise typer.Exit(WAITS)
    if healed.left or (paper and paper.wanted):
        raise typer.Exit(PARTIAL)


def _other_side(contract: str, key: Path, theirs: Path | None) -> "tuple[bytes, Paper | None]":
    from producers.counterpart import read_key  # noqa: PLC0415 - an HTTP client, which nobody's help needs
    from producers.drift import paper  # noqa: PLC0415 - not needed for anybody's help

    secret = read_key(key)
    return secret, paper.read(theirs, secret, contract, now()) if theirs else None


async def _looked(  # noqa: PLR0913 - a command's options
    desk: "Desk", contract: str, key: bytes, settle: float, reason: str | None, paper: "Paper | None"
) -> "Healed":
    from producers.drift.desk import Healed  # noqa: PLC0415 - not needed for anybody's help

    async def rest() -> None:
        progress.say(f"something differs: looking again in {settle:g} s", stays=True)
        await asyncio.sleep(settle)

    progress.say("digesting and comparing", stays=True)
    if reason is None:
        return Healed(await desk.look(contract, key, rest, paper), [], None)
    return await desk.heal(contract, key, rest, reason, paper)


def _tell(contract: str, healed: "Healed", paper: "Paper | None", as_json: bool) -> None:
    counts = dict(sorted(Counter(one.sort for one in healed.findings).items()))
    if as_json:
        said: dict[str, Any] = {
            "contract": contract, "counts": counts, "findings": [one.as_json() for one in healed.findings],
            "told_again": [one.pseudonym.hex() for one in healed.told if one.pseudonym],
            "request": healed.order.as_json() if healed.order else None,
        }  # fmt: skip
        typer.echo(orjson.dumps(said | (_as_json(paper) if paper else {})).decode())
        return
    for one in healed.findings:
        typer.echo(one.in_words())
    if paper:
        _tell_of(paper)
    if counts or not (paper and paper.wanted):
        _summed(healed.left, len(healed.told), counts)


def _as_json(paper: "Paper") -> dict[str, list[str]]:
    return {"wanted": sorted(paper.wanted)}


def _tell_of(paper: "Paper") -> None:
    if paper.wanted:
        typer.echo(f"--buckets {','.join(sorted(paper.wanted))}")
        typer.echo(f"{len(paper.wanted)} buckets differ, their residents not said: have those digested too", err=True)


def _summed(left: "list[Finding]", told: int, counts: dict[str, int]) -> None:
    from producers.drift.finding import REMEDIES  # noqa: PLC0415 - as above

    typer.echo(", ".join(f"{count} {sort}" for sort, count in counts.items()) or "both sides hold the same", err=True)
    if told:
        typer.echo(f"{told} are told again: look once more when they have been handed over", err=True)
    for remedy, count in sorted(Counter(one.remedy for one in left).items()):
        typer.echo(f"{count} left, {remedy}: {REMEDIES[remedy]}", err=True)


@_again.command("requests")
def requests(as_json: Json = False) -> None:
    """What was asked for and waits for another person.

    Example: jukihub again requests --json
    """
    found = [one.as_json() for one in _at_desk(lambda desk: desk.requests())]
    awaiting.show(found, lambda one: f"{one['contract']}, {len(one['residents'])} residents", as_json)


@_again.command("approve")
def approve(request: UUID, as_json: Json = False) -> None:
    """Approve what another person has asked for: it is recorded at once, and handed over like any Change.

    \b
    Cut off, it is carried on by typing it again. Exit 4 where you are who has asked.
    Example: jukihub again approve 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e
    """
    contract, count = _at_desk(lambda desk: desk.approve(request))
    if as_json:
        typer.echo(orjson.dumps({"act": str(request), "contract": contract, "count": count}).decode())
    typer.echo(f"{contract} is told again of {count} residents", err=True)


def _at_desk(what: "Callable[[Desk], Awaitable[T]]") -> T:
    """Do it for whoever types the command."""
    from producers.drift.desk import opened  # noqa: PLC0415 - not needed for anybody's help

    async def run() -> T:
        async with opened(settings(), now) as desk:
            return await what(desk)

    return asyncio.run(run())
