"""Simulation on what was really told: the ledger's lines of the last days, each once, against a draft.

The ledger of a partition has the order of juki.changes, so both are read side by side, a poll and a page at a time,
and nothing of a person outlives its case. A change that is still there is decided again, with the Book of its line
and with the draft; where the Book's decision is not what the ledger says, that is counted as `ledger-differs`, and
the ledger's word stands. Of a change that is gone, the ledger alone says what is certain.
"""

from collections import defaultdict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from contracts.book import Book
from contracts.change import JAPAN, Change
from contracts.contract import Contract
from contracts.decide import NOT_IN_FORCE, Disclosure, Silence
from contracts.foreseen import Drafted, Recorded, foreseen
from contracts.simulate import Answer, Case, Report, answered, redecided
from hub import books, bus, topics
from hub.bus import Incoming
from hub.config import Settings
from hub.database import Database, Row, connect, queries
from hub.errors import DependencyUnavailable
from hub.intake import Accepted
from hub.lookback import AWAY, PRINCIPAL, Sight, Telling, seeing, tellings

PLACES: Final = 20
"""So many places where the ledger differs are named; all of them are counted."""
_END: Final = 2**63 - 1

_SQL = queries(Path(__file__).with_name("simulate.sql"))

Seen = Callable[[int], None]


@dataclass(slots=True)
class Simulation:
    """A report, its first and last day, and what a reader must know of it.

    `repeats`: lines left out because the relay had published a change twice. `without_book`: changes whose Book was
    never kept. `differs`: how often the ledger is not what its Book decides; `places`: the first of them.
    """

    since: date
    until: date
    report: Report = field(default_factory=Report)
    repeats: int = 0
    without_book: int = 0
    differs: int = 0
    places: list[str] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """How many lines were read."""
        return self.report.read + self.report.remembered + self.repeats


async def simulate(settings: Settings, draft: Book, days: int, now: datetime, seen: Seen) -> Simulation:
    """What `draft` would have changed in the last `days` days; says to `seen` how many lines are done."""
    today = now.astimezone(JAPAN).date()
    found = Simulation(today - timedelta(days=days), today)
    async with connect(settings.database, size=2) as database:
        beginnings = await database.fetch(_SQL["beginnings"], books.start_of(found.since))
        if beginnings:
            past = Past(settings, database, await seeing(settings, database))
            weigher = Weigher(database, {name: Drafted.of(one) for name, one in draft.contracts.items()}, found)
            for row in beginnings:
                async for line, change in past.lines(row["partition"], row["ledger_offset"]):
                    await weigher.weigh(line, change)
                    seen(found.lines)
    return found


@dataclass(slots=True)
class Past:
    """The ledger's lines of a partition in their order, each with its Change where that can still be read.

    `sight`: None where there is no broker, and so nothing to open.
    """

    settings: Settings
    database: Database
    sight: Sight | None

    async def lines(self, part: int, at: int) -> AsyncIterator[tuple[Row, Change | None]]:
        """Every line from the offset `at` on."""
        async with aclosing(self._published(part)) as published:
            async for records in published:
                for offset, change in await self._matched(part, at, records):
                    async for row in self._pages(part, at, offset + 1):
                        yield row, change if row["ledger_offset"] == offset else None
                    at = offset + 1
        async for row in self._pages(part, at, _END):
            yield row, None

    async def _published(self, part: int) -> AsyncGenerator[Sequence[Incoming], None]:
        """What juki.changes still holds of a partition; nothing where the broker is away."""
        if self.sight is None:
            return
        topic = topics.changes(self.settings.prefix)
        try:
            await bus.check_topics(self.settings, PRINCIPAL, [topic])
            async with (
                bus.reader(self.settings, PRINCIPAL, topic, [part]) as reader,
                aclosing(reader.to_end()) as polls,
            ):
                async for records in polls:
                    yield records
        except DependencyUnavailable as gone:
            if gone.code not in AWAY:
                raise

    async def _matched(self, part: int, at: int, records: Sequence[Incoming]) -> list[tuple[int, Change]]:
        """Which lines from `at` on are those of which records: both are in the same order."""
        opened = [found for record in records if self.sight and (found := await self.sight.read(record))]
        lines = await self._lines_of(part, at, opened)
        matched: list[tuple[int, Change]] = []
        for accepted, digest in opened:
            own = lines[UUID(accepted.change.id), digest]
            while own and own[0] < at:
                own.popleft()
            if own:
                matched.append((own[0], accepted.change))
                at = own[0] + 1
        return matched

    async def _lines_of(
        self, part: int, at: int, opened: Sequence[tuple[Accepted, bytes]]
    ) -> Mapping[tuple[UUID, bytes], deque[int]]:
        lines: dict[tuple[UUID, bytes], deque[int]] = defaultdict(deque)
        ids = [UUID(accepted.change.id) for accepted, _ in opened]
        for row in await self.database.fetch(_SQL["lines_of"], part, at, ids):
            lines[row["change"], row["digest"]].append(row["ledger_offset"])
        return lines

    async def _pages(self, part: int, at: int, below: int) -> AsyncIterator[Row]:
        while at < below and (rows := await self.database.fetch(_SQL["page"], part, at, below)):
            for row in rows:
                yield row
            at = rows[-1]["ledger_offset"] + 1


@dataclass(slots=True)
class Weigher:
    """Holds each line against the draft, and counts into `found`."""

    database: Database
    draft: Mapping[str, Drafted]
    found: Simulation
    _books: dict[str, Book | None] = field(default_factory=dict)
    _answers: dict[tuple[str, Recorded | Silence, str, tuple[date, date]], Answer] = field(default_factory=dict)

    async def weigh(self, row: Row, change: Change | None) -> None:
        """Count one line; a repeat is one telling more of the same, and no other case."""
        if row["repeat"]:
            self.found.repeats += 1
            return
        book = await self._book(row["book"])
        self.found.without_book += book is None
        told = {one.contract: one for one in tellings(row)}
        case = self._remembered(row, told, book) if change is None else self._read(row, told, book, change)
        self.found.report.add(case)

    async def _book(self, whole_hash: str) -> Book | None:
        if whole_hash not in self._books:
            self._books[whole_hash] = await books.kept(self.database, whole_hash)
        return self._books[whole_hash]

    def _remembered(self, row: Row, told: Mapping[str, Telling], book: Book | None) -> Case:
        agreed = book.contracts if book else {}
        days = (row["decided_on"], _today(row))
        then = {name: _recorded(told.get(name)) for name in told.keys() | agreed.keys() | self.draft.keys()}
        draft = {
            name: self._foreseen(name, answer, row["book"], agreed.get(name), days) for name, answer in then.items()
        }
        return Case(None, then, draft)

    def _foreseen(
        self, name: str, then: Recorded | Silence, book: str, agreed: Contract | None, days: tuple[date, date]
    ) -> Answer:
        """The same question comes for thousands of changes; it is answered once for each day."""
        question = (name, then, book, days)
        if question not in self._answers:
            self._answers[question] = foreseen(then, agreed, self.draft.get(name), days)
        return self._answers[question]

    def _read(self, row: Row, told: Mapping[str, Telling], book: Book | None, change: Change) -> Case:
        today = _today(row)
        agreed = book.contracts if book else {}
        then: Mapping[str, Answer] = answered(change, agreed, today)
        if book is None or not _agree(then, told, book):
            self._differs(row, book)
            then = {name: _recorded(told.get(name)) for name in told.keys() | agreed.keys()}
        return Case(change.kind, then, redecided(change, then, agreed, self.draft, today))

    def _differs(self, row: Row, book: Book | None) -> None:
        if book is None:
            return  # without its Book nobody can say that a line is wrong
        self.found.differs += 1
        if len(self.found.places) < PLACES:
            self.found.places.append(f"{row['partition']}@{row['ledger_offset']}")


def _today(row: Row) -> date:
    """The day of routing, on which a contract had to be in force as well."""
    written: datetime = row["recorded_at"]
    return written.astimezone(JAPAN).date()


def _recorded(one: Telling | None) -> Recorded | Silence:
    return NOT_IN_FORCE if one is None else Recorded(one.state, one.items, one.contract_hash)


def _agree(then: Mapping[str, Answer], told: Mapping[str, Telling], book: Book) -> bool:
    """Whether the ledger names exactly those contracts, states, items and terms that the Book's decision has."""
    decided = {
        name: (answer.state, (*answer.items,), book.contracts[name].hash)
        for name, answer in then.items() if isinstance(answer, Disclosure)
    }  # fmt: skip
    return decided == {name: (one.state, one.items, one.contract_hash) for name, one in told.items()}
