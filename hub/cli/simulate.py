"""`jukihub contracts simulate`: what a draft would have changed, told to those who are to sign it.

On what was really told, from the ledger; or, without any server, on a file of changes such as those of a made-up
city. Counts alone leave here: of contracts, items and kinds.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer

from contracts.book import Book
from contracts.change import parse
from contracts.errors import ChangeRefused, Language
from contracts.foreseen import Drafted
from contracts.simulate import Case, answered, fold, redecided
from hub.cli import progress
from hub.cli.decide import PARTIAL, lines
from hub.cli.shared import book as chosen
from hub.cli.simulated import Told, as_json, as_text
from hub.config import settings
from hub.errors import UsageError

DAYS: Final = 90
_EVERY: Final = 1000

Draft = Annotated[Path, typer.Argument(metavar="DRAFT", exists=True, file_okay=False, help="folder of the draft")]
Days = Annotated[int | None, typer.Option(min=1, max=36500, help=f"so many days back [default: {DAYS}]")]
Changes = Annotated[str | None, typer.Option(metavar="FILE", help="changes, one a line (- : stdin), not the ledger's")]
Against = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="with --changes: the Book to compare; else the current one")
]
Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
Lang = Annotated[Language, typer.Option("--lang", help="language: Japanese (ja) or English (en)")]


def simulate(  # noqa: PLR0913 - the options of a command
    draft: Draft, days: Days = None, changes: Changes = None, against: Against = None, json: Json = False,
    lang: Lang = "ja",
) -> None:  # fmt: skip
    """Say how many disclosures would have differed, had DRAFT been in force.

    \b
    Examples:
      jukihub contracts simulate draft/ --days 90
      jukihub contracts simulate draft/ --changes city.jsonl --against contracts/ --json

    DRAFT is a whole Book: copy the folder, change it, simulate it; a contract that is not there is told nothing. It is
    taken as if in force on every day, unless it has ended. Exit code 3: a line was no Change, or the ledger is not
    what its Book decides.
    """
    _check(days, changes, against)
    book = chosen(draft)
    found = _of_the_ledger(book, days or DAYS) if changes is None else _of_a_file(book, chosen(against), changes)
    typer.echo(as_json(found, book) if json else as_text(found, book, lang))
    if found.refused or found.differs:
        raise typer.Exit(PARTIAL)


def _check(days: int | None, changes: str | None, against: Path | None) -> None:
    if changes is None and against is not None:
        raise UsageError("only-with-changes", "--against", "The ledger names the Book of every line itself")
    if changes is not None and days is not None:
        raise UsageError("not-with-changes", "--days", "All changes of the file count")


def _of_the_ledger(draft: Book, days: int) -> Told:
    from hub.clock import now  # noqa: PLC0415 - without a server none of this is needed
    from hub.simulate import simulate as simulated  # noqa: PLC0415 - as above

    found = asyncio.run(simulated(settings(), draft, days, now(), progress.every(_EVERY)))
    return Told(found.report, found)


def _of_a_file(draft: Book, current: Book, changes: str) -> Told:
    cases = Cases(current, draft)
    with _opened(changes) as given:
        report = fold(cases.of(given, progress.every(_EVERY)))
    return Told(report, refused=cases.refused)


def _opened(changes: str) -> "nullcontext[BinaryIO] | BinaryIO":
    if changes == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(changes).open("rb")
    except OSError:
        raise UsageError("cannot-be-read", "--changes") from None


class Cases:
    """Both Books decide every change of a file; what is no Change is named on stderr and counted in `refused`."""

    def __init__(self, current: Book, draft: Book) -> None:
        self._current = current.contracts
        self._draft = {name: Drafted.of(contract) for name, contract in draft.contracts.items()}
        self.refused = 0

    def of(self, given: BinaryIO, seen: Callable[[int], None]) -> Iterator[Case]:
        """One case for each Change, as it is read."""
        for number, line in lines(given):
            seen(number)
            try:
                yield self._case(line)
            except ChangeRefused as objection:
                self.refused += 1
                typer.echo(f"line {number}: {objection}", err=True)

    def _case(self, line: bytes) -> Case:
        change = parse(line)
        then = answered(change, self._current, change.day)
        return Case(change.kind, then, redecided(change, then, self._current, self._draft, change.day))
