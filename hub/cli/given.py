"""What a command is given from elsewhere: a change from a file or from the ledger, a Book that was kept.

Nothing of a database is imported before it is asked for.
"""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

from contracts.book import Book, load
from contracts.change import Change, parse
from contracts.door import MAX_BYTES, read_json
from contracts.errors import ChangeRefused
from hub.cli.decide import lines
from hub.config import Settings, settings
from hub.errors import Advised, UsageError

if TYPE_CHECKING:
    from hub.lookback import Confirmed, Stored

T = TypeVar("T")

_UNKNOWN: Final = "The ledger has no such change: it was never carried, was refused, or is still on its way"
_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HASH: Final = re.compile(r"[0-9a-fA-F]{8,64}")
_BOOKS: Final = "Name 8 or more digits of the hash of a kept Book, the word shipped or a folder"
_AT: Final = re.compile(r"(.+):([1-9][0-9]{0,9})")


def is_id(name: str) -> bool:
    """Whether `name` is the id of a change and not a file that happens to be called so."""
    return _ID.fullmatch(name) is not None and not Path(name).exists()


def change(name: str) -> Change:
    """The Change in the file `name`, in line N of it (`FILE:N`), or on stdin (`-`)."""
    at = None if Path(name).exists() else _AT.fullmatch(name)
    file, number = (at.group(1), int(at.group(2))) if at else (name, None)
    if file == "-":
        return parse(_line(sys.stdin.buffer, number))
    try:
        with Path(file).open("rb") as source:
            return parse(_line(source, number))
    except OSError:
        raise UsageError("unreadable", "CHANGE", "Name a file, - for stdin, or the id of a change") from None


def _line(source: BinaryIO, number: int | None) -> bytes:
    given = lines(source)
    if number is not None:
        found = next((line for at, line in given if at == number), None)
        if found is None:
            raise UsageError("no-such-line", "CHANGE", "The file has no change in that line")
        return found
    return _only(given)


def _only(given: Iterator[tuple[int, bytes]]) -> bytes:
    """The one Change, in one line or laid out over several; no more is read than the door would let in."""
    whole = b""
    for _, line in given:
        if whole and _is_json(whole):
            raise UsageError("several-changes", "CHANGE", "Choose one by its line, such as changes.jsonl:3")
        whole += line + b"\n"
        if len(whole) > MAX_BYTES + 1:
            break
    return whole.removesuffix(b"\n")


def _is_json(text: bytes) -> bool:
    try:
        read_json(text)
    except ChangeRefused:
        return False
    return True


def stored(change_id: str) -> "Stored | None":
    """What is kept of the change that was carried under this id, or None; looking is noted, where there is a login."""
    from hub import lookback  # noqa: PLC0415 - a change from a file needs no database

    return _looked(lookback.stored, change_id)


def operated(operation: str) -> "Sequence[Confirmed]":
    """What was read back of the operation of the city with this id; raises Advised where nothing was."""
    from hub import lookback  # noqa: PLC0415 - as above

    if not (found := _looked(lookback.operated, operation)):
        raise Advised("unknown-change", "CHANGE", _UNKNOWN)
    return found


def _looked(look: Callable[[Settings, str], Awaitable[T]], name: str) -> T:
    from hub.clock import now  # noqa: PLC0415 - as above
    from hub.people import Act  # noqa: PLC0415 - as above
    from hub.typist import typed  # noqa: PLC0415 - as above

    async def looked() -> T:
        async with typed(settings(), Act.LEDGER_SEE, name, now):
            return await look(settings(), name)

    return asyncio.run(looked())


def called(name: str, place: str) -> Book:
    """The Book `name`: a folder, the word `shipped`, or the hash of a kept one; raises BookRefused, UsageError."""
    if name and Path(name).is_dir():
        return load(Path(name))
    if name == "shipped":
        return load()
    return kept_book(name, place)


def kept_book(start: str, place: str) -> Book:
    """The kept Book whose hash begins with `start`."""
    if not _HASH.fullmatch(start):
        raise UsageError("unknown-book", place, _BOOKS)
    from hub import books  # noqa: PLC0415 - as above

    return asyncio.run(books.book_by_hash(settings(), start.lower()))


def book_of(day: date) -> Book:
    """The Book that was in use on `day`."""
    from hub import books  # noqa: PLC0415 - as above

    found = asyncio.run(books.book_of_day(settings(), day))
    if found is None:
        raise Advised("no-book-of-day", "--on", "No Book was in use on that day: name one by --contracts or --book")
    return found
