"""What may go into a file: what waits, in order, opened and judged as every hand-over judges it.

Of each resident as far as the first dead letter, and with versions that rise. What does not open, comes out of order
or has no place in the columns is settled as a dead letter before anything is written, and whoever comes behind it
waits. A key that cannot be had now stops the whole file: half a file is none.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from consumers.disclosure import Disclosure
from consumers.files import lines
from consumers.opening import Opener
from consumers.settle import Ended, Head, Settler
from contracts.columns import Columns, Unfit
from hub.database import Database, Row, queries
from hub.errors import DependencyUnavailable, JukiError
from hub.keys import DESTROYED
from hub.outcome import Deferred, Refused

PAGE: Final = 500
TOGETHER: Final = 5000
SQL = queries(Path(__file__).with_name("files.sql"))


class Moved(JukiError):
    """Something that was to go into the file has been settled, or tried again, by somebody else."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One disclosure for a file: as of which attempt, flagged or not, and its version, known once it was opened."""

    id: UUID
    subject: bytes
    attempts: int
    version: int
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: where its token lay, and its texts by column."""

    content: bytes
    texts: dict[str, str]
    partition: int
    seq: int | None


class Reading:
    """Reads what waits for one contract."""

    def __init__(self, database: Database, contract: str, opener: Opener, settler: Settler, columns: Columns) -> None:
        self._database = database
        self._contract = contract
        self._opener = opener
        self._settler = settler
        self._columns = columns

    async def chosen(self) -> AsyncIterator[Chosen]:
        """Everything that may be handed over, in the order of its arrival."""
        last: dict[bytes, int] = {}
        behind: set[bytes] = set()
        async for row in self._waiting():
            subject = row["subject"]
            if subject in behind:
                continue
            opened = await self._opened(row)
            found = self._judged(opened, last.get(subject, row["last_version"] or 0))
            if isinstance(found, Disclosure):
                last[subject] = found.version
                yield Chosen(row["id"], subject, row["attempts"], found.version, row["flagged"])
                continue
            version = opened.version if isinstance(opened, Disclosure) else None
            await self._settler.settle(Head(**{name: row[name] for name in Head._fields}), Ended(found, version), 0.0)
            if found.code != DESTROYED:
                behind.add(subject)

    async def lines(self, chosen: Sequence[Chosen]) -> AsyncIterator[Line]:
        """The lines of these, in order; Moved where one of them is not as it was chosen."""
        for at in range(0, len(chosen), PAGE):
            page = chosen[at : at + PAGE]
            found = await self._database.fetch(SQL["still_waiting"], self._contract, [one.id for one in page])
            rows = {UUID(int=row["id"].int): row for row in found}
            for one in page:
                yield await self._line(one, rows.get(UUID(int=one.id.int)))

    async def check_still(self, chosen: Sequence[Chosen]) -> None:
        """Moved where one of these does not wait any more as it was chosen; asked once more before a file is there."""
        for at in range(0, len(chosen), TOGETHER):
            some = chosen[at : at + TOGETHER]
            told = [one.id for one in some], [one.attempts for one in some], [one.flagged for one in some]
            if await self._database.fetchval(SQL["as_chosen"], self._contract, *told) < len(some):
                raise Moved("disclosure-moved", self._contract)

    async def _line(self, one: Chosen, row: Row | None) -> Line:
        if row is None or (row["attempts"], row["flagged"]) != (one.attempts, one.flagged):
            raise Moved("disclosure-moved", self._contract)
        said = await self._opened(row)
        if isinstance(said, Refused):
            raise Moved("disclosure-moved", self._contract)
        content, texts = lines.line(said, self._columns)
        return Line(content, texts, row["partition"], row["seq"])

    async def _waiting(self) -> AsyncIterator[Row]:
        after = -1
        while rows := await self._database.fetch(SQL["waiting"], self._contract, after, PAGE):
            for row in rows:
                yield row
            after = rows[-1]["position"]

    async def _opened(self, row: Row) -> Disclosure | Refused:
        opened = await self._opener.open(row["token"], row["partition"], row["subject"])
        if isinstance(opened, Deferred):
            raise DependencyUnavailable("key-unavailable", self._contract, "Run it again when keys can be had")
        return opened.flagged() if isinstance(opened, Disclosure) and row["flagged"] else opened

    def _judged(self, opened: Disclosure | Refused, last: int) -> Disclosure | Refused:
        if isinstance(opened, Refused):
            return opened
        if opened.version <= last:
            return Refused("out-of-order")
        try:
            lines.line(opened, self._columns)
        except Unfit:
            return Refused("unfit-value")
        return opened
