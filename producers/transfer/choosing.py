"""Whom a 随時移転 is about: by 宛名番号, by date of birth, or everybody; registered, and the contract's to know.

Who is in no population of the contract today, or protected from it, is left out before anything is asked for. A number
that is nobody's is named by its line and never by itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from contracts.contract import Contract
from contracts.dates import last_day
from contracts.kept import kept
from hub.database import Database, Row, queries
from hub.errors import UsageError

PAGE: Final = 1000
SHOWN: Final = 20
_MARK: Final = b"\xef\xbb\xbf"
"""What some programs write before the first line."""

SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of three: `persons`, the lines of a file; born from and until, both included, one may be open; everybody."""

    persons: tuple[bytes, ...] | None = field(default=None, repr=False)
    born_from: date | None = None
    born_until: date | None = None
    everybody: bool = False

    def __post_init__(self) -> None:
        """UsageError unless it is one of the three."""
        if (self.persons is not None) + self._by_birth + self.everybody != 1:
            raise UsageError("name-persons-births-or-all", "selection", "--persons, --born-from/--born-until or --all")

    @property
    def _by_birth(self) -> bool:
        return self.born_from is not None or self.born_until is not None

    def in_words(self) -> str:
        """How it was chosen, for whoever approves it; nobody is named."""
        if self._by_birth:
            return f"born {self.born_from or ''}..{self.born_until or ''}"
        return "all" if self.everybody else "persons"

    def includes(self, record: Mapping[str, Any]) -> bool:
        """Whether somebody with this record is chosen by birth, or as everybody is; a date in parts by its last day."""
        if not self._by_birth:
            return True
        born = last_day(record.get("birth_date"))
        return born is not None and (self.born_from or date.min) <= born <= (self.born_until or date.max)


@dataclass(frozen=True, slots=True)
class Chosen:
    """`residents`: whom it is about; `left_out`: how many persons of a file are not the contract's today."""

    residents: list[UUID]
    left_out: int


async def chosen(db: Database, choice: Choice, contract: Contract, on: date) -> Chosen:
    """Who is chosen; UsageError where a number is nobody's (unknown-person), or where nobody is left."""
    if choice.persons is not None:
        rows = await _named(db, [line.removeprefix(_MARK).strip() for line in choice.persons])
        found = [*_kept(rows, contract, on)]
        left_out = len(rows) - len(found)
    else:
        found, left_out = await _page_by_page(db, choice, contract, on), 0
    if not found:
        raise UsageError("nobody-selected", contract.id, "Nobody of them is in the contract's population today")
    return Chosen(found, left_out)


async def _named(db: Database, lines: list[bytes]) -> list[Row]:
    numbers = sorted({line for line in lines if line})
    rows = [row for at in range(0, len(numbers), PAGE) for row in await db.fetch(SQL["named"], numbers[at : at + PAGE])]
    known = {row["atena_no"] for row in rows}
    if unknown := [place for place, line in enumerate(lines, 1) if line and line not in known]:
        more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
        where = f"line {', '.join(map(str, unknown[:SHOWN]))}{more}"
        raise UsageError("unknown-person", where, "Nobody on the register has that 宛名番号")
    return rows


async def _page_by_page(db: Database, choice: Choice, contract: Contract, on: date) -> list[UUID]:
    found: list[UUID] = []
    last = UUID(int=0)
    while rows := await db.fetch(SQL["registered"], last, PAGE):
        last = UUID(int=rows[-1]["resident"].int)
        found += _kept(rows, contract, on, choice)
    return found


def _kept(rows: Iterable[Row], contract: Contract, on: date, choice: Choice | None = None) -> Iterator[UUID]:
    for row in rows:
        record = orjson.loads(row["record"])
        if (choice is None or choice.includes(record)) and kept(record, contract, on) is not None:
            yield UUID(int=row["resident"].int)
