"""What the commands about letters and replay take in the same way: a filter, a clock, JSON, tables."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.change import JAPAN
from contracts.errors import visible
from hub import given
from hub.config import settings
from hub.errors import UsageError

if TYPE_CHECKING:
    from consumers.office import Office
    from consumers.planning import Filter

T = TypeVar("T")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Contract = Annotated[str, typer.Option(help="Of this contract.")]
Code = Annotated[str | None, typer.Option(help="With this code, as `letters groups` says.")]
Since = Annotated[datetime | None, typer.Option(help="First failed then or later (Japan).")]
Until = Annotated[datetime | None, typer.Option(help="First failed before then (Japan).")]
Ids = Annotated[list[UUID] | None, typer.Option("--id", help="This letter; repeat for more.")]
Limit = Annotated[int | None, typer.Option(min=1, help="No more than so many, the oldest first.")]
Reason = Annotated[str, typer.Option(help="Why; kept for ever, so nothing about a resident.")]

LONG_NICENESS = 10
"""A crowd of letters is minutes of processor time, on a machine where living traffic may be handed over as well."""

_WIDE = 79  # columns of a table: an id is copied by people, so it is whole on any terminal


def at_office(act: "Callable[[Office], Awaitable[T]]", *, long: bool = False) -> T:
    """Do one act as whoever types the command; a `long` one leaves the processor to the processes beside it."""
    if long:
        os.nice(LONG_NICENESS)
    from consumers.office import office  # noqa: PLC0415 - broker and database are not needed for anybody's help

    async def done() -> T:
        async with office(settings()) as opened:
            return await act(opened)

    return asyncio.run(done())


def wanted(  # noqa: PLR0913 - the filter of several commands, option by option
    contract: str, code: str | None, ids: Sequence[UUID] | None, since: datetime | None, until: datetime | None,
    limit: int | None,
) -> "Filter":  # fmt: skip
    """The letters that are meant."""
    from consumers.planning import ALL, Filter  # noqa: PLC0415 - as above

    return Filter(contract, code, tuple(ids) if ids else None, _japan(since), _japan(until), limit or ALL)


def check_contract(name: str | None) -> None:
    """UsageError where the Book has no such contract; letters of one that has ended can still be asked for by id."""
    if name is not None and name not in given.book(settings()).contracts:
        raise UsageError("unknown-contract", "--contract")


def document(content: Any) -> None:
    """One JSON document on stdout."""
    typer.echo(orjson.dumps(content, default=str, option=orjson.OPT_NON_STR_KEYS))


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table for people, whose cells are words and no markup. Nothing is cut off, however narrow the terminal is."""
    made = Table(*columns)
    for row in rows:
        made.add_row(*[Text(visible(str(cell))) for cell in row])
    width = Console(width=10_000).measure(made).maximum
    Console(width=max(_WIDE, width)).print(made)


def time(at: datetime | None) -> str:
    """A time as people in Japan read it."""
    return f"{at.astimezone(JAPAN):%Y-%m-%d %H:%M:%S}" if at else ""


def _japan(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=JAPAN) if at is not None and at.tzinfo is None else at
