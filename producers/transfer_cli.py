"""`jukihub transfer …`: 随時移転, asked for by one person, approved (決裁) by another, run once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import orjson
import typer

from contracts.errors import visible
from hub.cli import awaiting
from hub.clock import now
from hub.config import settings

if TYPE_CHECKING:
    from producers.transfer.choosing import Choice
    from producers.transfer.desk import Desk

T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="date of birth, the day included")]
Number = Annotated[UUID, typer.Argument(metavar="REQUEST", help="what `jukihub transfer ask` printed")]

_transfer = typer.Typer(no_args_is_help=True, help="One-off extractions for departments, after 決裁 (随時移転).")


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_transfer, name="transfer")


@_transfer.command("ask")
def ask(  # noqa: PLR0913 - a command's options
    contract: Annotated[str, typer.Argument(help="a contract of a department")],
    items: Annotated[list[str], typer.Option(help="ids or names of the law, separated by commas; repeat for more")],
    basis: Annotated[list[str], typer.Option(help="a basis that the contract cites; repeat for several")],
    purpose: Annotated[str, typer.Option(help="for what; kept for ever, so nothing about a resident")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="last day to run it; at most 31 days off")],
    persons: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="file of 宛名番号, one a line")
    ] = None,
    born_from: Day = None,
    born_until: Day = None,
    everybody: Annotated[bool, typer.Option("--all", help="everybody in the contract's population")] = False,
    as_json: Json = False,
) -> None:
    """Ask for an extraction (operators). Prints the request's id; nothing is extracted before another person approves.

    \b
    The items have to be permitted by the contract today and by one of the bases; the identifier goes with them in any
    case. Only who is on the register and in the contract's population is taken.
    Examples:
      jukihub transfer ask tax --items 氏名,住所 --basis 庁内連携条例 --purpose "還付の通知" --until 2026-04-30 \\
        --persons refunds.txt
      jukihub transfer ask school-affairs --items 氏名,生年月日,住所 --basis 学校教育法施行令1条から3条まで \\
        --purpose "就学時健康診断の案内" --until 2026-10-31 --born-from 2020-04-02 --born-until 2021-04-01
    """
    from producers.transfer.choosing import Choice  # noqa: PLC0415 - not needed for anybody's help

    choice = Choice(
        None if persons is None else tuple(persons.read_bytes().splitlines()),
        born_from and born_from.date(), born_until and born_until.date(), everybody,
    )  # fmt: skip
    _asked(contract, _separated(items), tuple(dict.fromkeys(basis)), purpose, until, choice, as_json)


def _asked(  # noqa: PLR0913 - as above
    contract: str, items: tuple[str, ...], basis: tuple[str, ...], purpose: str, until: datetime, choice: "Choice",
    as_json: bool,
) -> None:  # fmt: skip
    from hub.transfers import Wish  # noqa: PLC0415 - not needed for anybody's help

    wish = Wish(contract, items, basis, purpose, until.date(), "")
    order, whom = _at_desk(lambda desk: desk.ask(wish, choice))
    said = order.as_json(now()) | {"left_out": whom.left_out}
    typer.echo(orjson.dumps(said).decode() if as_json else str(order.id))
    if whom.left_out:
        typer.echo(f"{whom.left_out} are not in the contract's population today, and left out", err=True)
    typer.echo(f"{order.count} residents; waits until {order.approvable_until:%Y-%m-%d %H:%M} UTC for another person's "
               "approval", err=True)  # fmt: skip


def _separated(items: list[str]) -> tuple[str, ...]:
    """The names in these options: commas separate them, also those of Japanese."""
    split = (name.strip() for each in items for name in each.replace("、", ",").replace("，", ",").split(","))
    return tuple(dict.fromkeys(name for name in split if name))


@_transfer.command("requests")
def requests(as_json: Json = False) -> None:
    """What was asked for and waits for another person's 決裁.

    Example: jukihub transfer requests --json
    """
    found = [one.as_json(now()) for one in _at_desk(lambda desk: desk.requests())]
    awaiting.show(found, _in_words, as_json, ("request", "asked_by", "purpose"))


def _in_words(one: Mapping[str, Any]) -> str:
    said = f"{one['contract']}, {one['count']} residents ({one['chosen']}), {', '.join(one['items'])}; "
    return said + f"{', '.join(one['basis'])}; until {one['until']}"


@_transfer.command("approve")
def approve(request: Number, as_json: Json = False) -> None:
    """決裁 of what another person has asked for (contract officers). Exit 4 where you are who has asked.

    \b
    Nothing is extracted by it: `jukihub transfer run` does that, until the last day of the order.
    Example: jukihub transfer approve 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e
    """
    order = _at_desk(lambda desk: desk.approve(request))
    if as_json:
        typer.echo(orjson.dumps(order.as_json(now())).decode())
    typer.echo(f"{order.id}: approved; it may be run until {order.wish.until}", err=True)


@_transfer.command("run")
def run(request: Number, as_json: Json = False) -> None:
    """Carry an approved order out, once (operators). Cut off, type it again: nobody is told twice.

    \b
    The contract, the bases and the items are checked once more, by today's Book; what is no longer permitted is not
    told. More than HUB_TRANSFER_BULK residents of a contract, a day and a person (who asked, who runs) are extracted on
    an allowed terminal alone (`jukihub terminals`), in one order or in many.
    Exit 4 without approval, 5 where the order is over, was run, or is too large for this terminal and this day.
    Example: jukihub transfer run 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e
    """
    order, count = _at_desk(lambda desk: desk.run(request))
    if as_json:
        said = {"request": str(request), "contract": order.wish.contract, "selected": order.count, "recorded": count}
        typer.echo(orjson.dumps(said).decode())
    typer.echo(f"{order.wish.contract} is told of {count} of {order.count} residents: "
               f"`jukihub transfer show {order.id}`", err=True)  # fmt: skip


@_transfer.command("show")
def show(request: Number, as_json: Json = False) -> None:
    """How an order stands: waiting, void, approved, expired or done, and how many lines the ledger has of it by now.

    Example: jukihub transfer show 6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e --json
    """
    shown = _at_desk(lambda desk: desk.show(request))
    said = shown.order.as_json(now()) | {"on_the_ledger": shown.on_the_ledger}
    if as_json:
        typer.echo(orjson.dumps(said).decode())
        return
    for name, value in said.items():
        told = ", ".join(value) if isinstance(value, list) else "" if value is None else value
        typer.echo(visible(f"{name:16} {told}"))


def _at_desk(what: "Callable[[Desk], Awaitable[T]]") -> T:
    """Do it for whoever types the command."""
    from producers.transfer.desk import opened  # noqa: PLC0415 - not needed for anybody's help

    async def at_it() -> T:
        async with opened(settings(), now) as desk:
            return await what(desk)

    return asyncio.run(at_it())
