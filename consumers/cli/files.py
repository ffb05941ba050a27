"""`jukihub files …`: what a contract is told, as CSV on object storage."""

import asyncio
from collections.abc import Awaitable
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from consumers.cli import given
from consumers.cli.given import Json
from hub import log
from hub.cli import progress
from hub.clock import now
from hub.config import settings
from hub.errors import UsageError

if TYPE_CHECKING:
    from consumers.files.writing import Written

_app = typer.Typer(help="Files of contracts that get CSV on object storage.", no_args_is_help=True)


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_app, name="files")


@_app.command()
def write(
    contract: Annotated[str, typer.Option(help="Whose file; one with via = csv.")],
    day: Annotated[str | None, typer.Option(metavar="DATE", help="Up to the end of this day; else today.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Everybody, by the first load that --load names.")] = False,
    load: Annotated[
        typer.FileText | None, typer.Option(help="What `jukihub snapshot ids CONTRACT` printed; - for stdin.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write what waits for a contract into a file on object storage, and settle it once the file is there.

    \b
    Examples:
      jukihub files write --contract tax                        the differences until now
      jukihub files write --contract tax --day 2026-04-01       those recorded until the end of that day
      jukihub snapshot tax                                      everybody once more, decided today, and then
      jukihub snapshot ids tax | jukihub files write --contract tax --full --load -
    A timer runs it once a day. No person is named then: the file of a day hands over what a process would hand over by
    itself, to the same subscriber. The log names each file's contract, day and count. Cut off, it leaves nothing that a
    reader would take: run it again. A day on which nothing happened gets a file without a line; a second run of a day
    with nothing new writes none.

    A full file takes the place of a subscriber's copy, so an operator writes it, and the audit names who. Until it is
    written, write no file of the day: what the load told would be in that one.

    HUB_FILES names the storage, HUB_FILES_KEY and HUB_FILES_SECRET who we are there. Exit 5: another command writes
    files of this contract, it is not in force, or you are not who may; 6: storage, broker or database does not answer.
    """
    from consumers.files import command, loading  # noqa: PLC0415 - the storage's client is not needed for anybody's help

    if full is not (load is not None) or (full and day):
        raise UsageError("full-needs-load", "--full", "Give --full and --load together, and no --day")
    log.configure("files-write", settings().log_level)
    if load is None:
        written = command.daily(settings(), contract, _day(day), progress.of, now)
    else:
        written = command.full(settings(), contract, loading.named(load.read()), progress.of, now)
    _show(asyncio.run(_noted(contract, written)), as_json)


async def _noted(contract: str, written: "Awaitable[list[Written]]") -> "list[Written]":
    found = await written
    for one in found:
        log.get().info("file-written", contract=contract, outcome=one.kind, day=one.day.isoformat(), count=one.rows)
    return found


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError("not-a-day", "--day", "YYYY-MM-DD is meant") from None


def _show(written: "list[Written]", as_json: bool) -> None:
    from consumers.files.writing import as_json as one_document  # noqa: PLC0415 - as above

    if as_json:
        given.document([one_document(one) for one in written])
        return
    columns = ("file", "kind", "lines", "pieces", "bytes", "outside JIS X 0213")
    rows = [(one.name, one.kind, one.rows, one.pieces, one.size, one.outside) for one in written]
    given.table(columns, [["" if cell is None else cell for cell in row] for row in rows])
    if not written:
        typer.echo("nothing new: the day has its file", err=True)
