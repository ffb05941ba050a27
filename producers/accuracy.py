"""正確性の確保 (住基法14条): does the register agree with itself? Who does not is named by UUID, and no value is told.

Wrong is what no notice can have made: a household without its one head, a record that differs from its columns or from
its last Change, a number that cannot be one, a number that two people have. Overdue is what waits for a decision: a
planned move whose day is long past, a measure of protection that was neither extended nor ended. To look at is what
may well be so: an incomplete date of birth, two people with one name and one date of birth.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from contracts.dates import last_day
from contracts.record import Record as Form
from hub.database import Connection, Database, queries
from hub.database import Row as Stored
from producers.household import HEAD, Record

SQL = queries(Path(__file__).with_suffix(".sql"))
PAGE: Final = 2000
LONG_PAST: Final = timedelta(days=30)
"""A planned move may be confirmed late; after this long somebody asks."""

WRONG, OVERDUE, LOOK = "wrong", "overdue", "look"
CODES: Final[Mapping[str, str]] = {
    "no-head": WRONG, "several-heads": WRONG, "head-differs": WRONG, "deserted-household": WRONG,
    "head-name-differs": WRONG, "relationship-missing": WRONG, "relationship-differs": WRONG,
    "column-differs": WRONG, "history-differs": WRONG, "version-differs": WRONG, "bad-form": WRONG,
    "protection-differs": WRONG, "same-number": WRONG, "number-missing": LOOK, "plan-past": OVERDUE,
    "protection-past": OVERDUE, "incomplete-date": LOOK, "same-person": LOOK,
}  # fmt: skip
"""Every finding there is, and how much it weighs."""

_FORM: Final = TypeAdapter(Form)
_NUMBERS: Final = ("my_number", "juminhyo_code", "togo_atena_no")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. `resident` is nobody where it is about a household that nobody lives in."""

    code: str
    resident: UUID | None
    place: str = ""

    @property
    def weight(self) -> str:
        return CODES[self.code]


@dataclass(frozen=True, slots=True)
class Kept:
    """One resident as the tables have it."""

    resident: UUID
    row: Stored
    record: Record

    @classmethod
    def of(cls, row: Stored) -> "Kept":
        return cls(UUID(int=row["resident"].int), row, orjson.loads(row["record"]))


@asynccontextmanager
async def snapshot(db: Database) -> AsyncIterator[Connection]:
    """The register as it is at one moment: what changes meanwhile is not half seen."""
    async with db.transaction() as tx:
        await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield tx


async def findings(db: Connection, today: date) -> AsyncIterator[Finding]:
    """Everything that is to be found, household by household, with flat memory but for the numbers seen."""
    seen = Seen()
    async for home in _households(db):
        for each in (*household(home), *(one for who in home for one in person(who, today)), *seen.twins(home)):
            yield each
    async for former in _removed(db):
        for each in history(former, None):
            yield each
    async for each in _overdue(db, today):
        yield each
    for _ in range(await db.fetchval(SQL["deserted"])):
        yield Finding("deserted-household", None)


async def _households(db: Connection) -> AsyncIterator[list[Kept]]:
    """The people of each household; one that lies on the edge of a page is read with the next page."""
    number, last, waiting = b"", UUID(int=0), list[Kept]()
    while rows := await db.fetch(SQL["registered"], number, last, PAGE):
        number, last = rows[-1]["household_no"], UUID(int=rows[-1]["resident"].int)
        people = [*waiting, *map(Kept.of, rows)]
        homes = [list(home) for _, home in groupby(people, lambda one: one.row["household_no"])]
        waiting = homes.pop()
        for home in homes:
            yield home
    if waiting:
        yield waiting


async def _removed(db: Connection) -> AsyncIterator[Kept]:
    last = UUID(int=0)
    while rows := await db.fetch(SQL["removed"], last, PAGE):
        for row in rows:
            yield Kept.of(row)
        last = UUID(int=rows[-1]["resident"].int)


async def _overdue(db: Connection, today: date) -> AsyncIterator[Finding]:
    for row in await db.fetch(SQL["planned"]):
        on = last_day(orjson.loads(row["body"])["effective_on"])
        planned = orjson.loads(row["record"]).get("move_out_destination") is not None  # else it was taken back
        if planned and on is not None and on + LONG_PAST < today:
            yield Finding("plan-past", UUID(int=row["resident"].int))


def household(home: Sequence[Kept]) -> Iterator[Finding]:
    """One head, whom the table names; the members bear the head's name and say what they are to them (7条4号)."""
    heads = [one for one in home if one.record.get("is_household_head")]
    if len(heads) != 1:
        yield from (Finding("several-heads" if heads else "no-head", one.resident) for one in heads or home[:1])
        return
    head = heads[0]
    if UUID(int=(home[0].row["head"] or UUID(int=0)).int) != head.resident:
        yield Finding("head-differs", head.resident)
    for one in home:
        yield from _item_4(one, head)


def _item_4(one: Kept, head: Kept) -> Iterator[Finding]:
    name, relationship = (one.record.get(item) for item in ("household_head_name", "relationship_to_head"))
    if not relationship:
        yield Finding("relationship-missing", one.resident)
    elif (relationship == HEAD) is not (one is head):
        yield Finding("relationship-differs", one.resident)
    if name != (None if one is head else head.record.get("name")):
        yield Finding("head-name-differs", one.resident)


def person(one: Kept, today: date) -> Iterator[Finding]:
    """A record has the form of one, agrees with its columns and its last Change, and its protection has not run out."""
    yield from _form(one)
    yield from _columns(one)
    yield from history(one, one.record)
    yield from _protection(one, today)
    if not isinstance(one.record.get("birth_date"), str):
        yield Finding("incomplete-date", one.resident, "birth_date")
    yield from (Finding("number-missing", one.resident, name) for name in _NUMBERS if not one.record.get(name))


def _form(one: Kept) -> Iterator[Finding]:
    try:
        _FORM.validate_python(one.record)
    except ValidationError as refused:
        for error in refused.errors(include_url=False, include_context=False, include_input=False):
            name = str(error["loc"][0]) if error["loc"] else ""
            yield Finding("bad-form", one.resident, name if name in Form.__annotations__ else "")


def _columns(one: Kept) -> Iterator[Finding]:
    for name in ("atena_no", "household_no", "my_number"):
        stated = one.record.get(name)
        if one.row[name] != (None if stated is None else str(stated).encode()):
            yield Finding("column-differs", one.resident, name)
    if one.row["protected"] is not (one.record.get("protected") is not False):
        yield Finding("column-differs", one.resident, "protected")


def history(one: Kept, now: Record | None) -> Iterator[Finding]:
    """The last Change ends in the record that is there: in none, for one that was removed, and before it the last."""
    if one.row["body"] is None:
        if one.row["version"] != (one.row["told"] or 0):
            yield Finding("version-differs", one.resident)
        return
    change = orjson.loads(one.row["body"])
    if one.row["version"] != one.row["told"]:
        yield Finding("version-differs", one.resident)
    if change["after"] != now or (now is None and change["before"] != one.record):
        yield Finding("history-differs", one.resident)


def _protection(one: Kept, today: date) -> Iterator[Finding]:
    measure = one.record.get("dv_protection")
    if measure and one.record.get("protected") is False:
        yield Finding("protection-differs", one.resident)
    ends = last_day(measure.get("ends_on")) if measure else None
    if ends is not None and ends < today:
        yield Finding("protection-past", one.resident)


class Seen:
    """Which numbers and which people were seen: as hashes, half a hundred bytes for each, and no value."""

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def twins(self, home: Sequence[Kept]) -> Iterator[Finding]:
        """Whoever shares with somebody before them what only one person can have, or what seldom two have."""
        for one in home:
            for name in _NUMBERS:
                if (number := one.record.get(name)) and self._again(name, number):
                    yield Finding("same-number", one.resident, name)
            who = tuple(orjson.dumps(one.record.get(item)) for item in ("name", "birth_date", "sex"))
            if one.record.get("name") and self._again("person", who):
                yield Finding("same-person", one.resident)

    def _again(self, *what: Any) -> bool:
        before = len(self._hashes)
        self._hashes.add(hash(what))
        return len(self._hashes) == before
