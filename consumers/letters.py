"""Dead letters (配達不能): what there is, who waits behind it, how long it can still be decided again, what is in one.

No value is shown: of a letter the ids of its items are, and whether each has a value. To see the values of one letter
is an act of its own (revealing.py). A letter that is being replayed is still a letter, until its delivery is confirmed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from consumers.disclosure import Disclosure
from consumers.mirror import counterpart_code
from consumers.opening import Opener
from consumers.planning import ALL, Filter
from hub import destroyed, topics
from hub.books import ContractHashes
from hub.config import Settings
from hub.database import Database, Row, queries
from hub.errors import DependencyUnavailable, TokenRefused, UsageError
from hub.outcome import Deferred
from hub.seal import header
from hub.wanted import DESK, WEEK_MS

SHOWN: Final = 100
"""Letters in a list where no other number is asked for; the number of all is said beside it."""

_SQL = queries(Path(__file__).with_name("letters.sql"))


@dataclass(frozen=True, slots=True)
class Group:
    """The letters of one contract and one code. `state`: dead, or replaying.

    `behind`: disclosures that wait for them; `residents`: of how many people. `decidable_until`: when the Change behind
    the oldest of them leaves juki.changes: later it may be impossible to decide again.
    """

    contract: str
    state: str
    code: str
    count: int
    first: datetime
    last: datetime
    behind: int
    residents: int
    decidable_until: datetime

    def as_json(self) -> dict[str, Any]:
        """For machines: times in RFC 3339."""
        return {
            "contract": self.contract, "state": self.state, "code": self.code,
            "counterpart_code": counterpart_code(self.code), "count": self.count, "first": self.first.isoformat(),
            "last": self.last.isoformat(), "behind": self.behind, "residents": self.residents,
            "decidable_until": self.decidable_until.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, from outside."""

    id: UUID
    contract: str
    state: str
    code: str
    first: datetime
    last: datetime
    attempts: int
    replays: int
    behind: int
    plan: UUID | None
    decidable_until: datetime

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "id": str(self.id), "contract": self.contract, "state": self.state, "code": self.code,
            "counterpart_code": counterpart_code(self.code), "first": self.first.isoformat(),
            "last": self.last.isoformat(), "attempts": self.attempts, "replays": self.replays, "behind": self.behind,
            "plan": str(self.plan) if self.plan else None, "decidable_until": self.decidable_until.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Inside:
    """What is in a letter, without a value. `opens`: the code of what stands in the way, empty where it opens.

    `items`: id -> whether it has a value. `sealed_under`: the hash of its contract then.
    """

    letter: Letter
    place: tuple[int, int]
    opens: str
    told: str
    items: dict[str, bool]
    sealed_under: str

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            **self.letter.as_json(), "partition": self.place[0], "offset": self.place[1], "opens": self.opens,
            "told": self.told, "items": self.items, "sealed_under": self.sealed_under,
        }  # fmt: skip


async def groups(database: Database, contract: str | None = None) -> list[Group]:
    """Every letter, of one contract or of all, grouped by contract, state and code."""
    return [
        Group(
            row["contract"], row["state"], row["code"], row["count"], row["first"], row["last"], row["behind"],
            row["residents"], _until(row["oldest_ms"]),
        )
        for row in await database.fetch(_SQL["groups"], contract)
    ]  # fmt: skip


async def listed(database: Database, wanted: Filter | None = None) -> tuple[list[Letter], int]:
    """The letters that are meant, in order, and how many there are of them; at most `limit`."""
    asked = wanted or Filter("")
    ids = list(asked.ids) if asked.ids is not None else None
    rows = await database.fetch(
        _SQL["letters"], asked.contract or None, asked.code, ids, asked.since, asked.until,
        SHOWN if asked.limit == ALL else asked.limit,
    )  # fmt: skip
    return [_letter(row) for row in rows], (rows[0]["total"] if rows else 0)


async def found(database: Database, letter: UUID) -> tuple[Letter, Row]:
    """One letter and its row; UsageError where it is none."""
    row = await database.fetchrow(_SQL["letter"], letter)
    if row is None:
        raise UsageError("no-such-letter")
    return _letter(row), row


async def inside(settings: Settings, database: Database, letter: UUID) -> Inside:
    """What is in one letter, without a value."""
    one, row = await found(database, letter)
    opened = await opened_of(settings, database, row)
    place = (row["partition"], row["record_offset"])
    if not isinstance(opened, Disclosure):
        return Inside(one, place, opened, "", {}, _sealed_under(row["token"]))
    items = {item: value is not None for item, value in opened.items.items()}
    return Inside(one, place, "", opened.state, items, _sealed_under(row["token"]))


async def opened_of(settings: Settings, database: Database, row: Row) -> Disclosure | str:
    """The disclosure in a letter, or the code of why it does not open."""
    contract = row["contract"]
    known, topic = ContractHashes(database, contract), topics.disclosures(settings.prefix, contract)
    opener = Opener(await destroyed.keys(settings, database, DESK), contract, topic, known)
    opened = await opener.open(row["token"] or b"", row["partition"], row["subject"] or b"")
    if isinstance(opened, Deferred):
        raise DependencyUnavailable(opened.code, "KEK", "The key that it is sealed with cannot be had now")
    return opened if isinstance(opened, Disclosure) else opened.code


def left(until: datetime, now: datetime) -> str:
    """A countdown in words: days and hours, or that it is over."""
    hours = int((until - now) / timedelta(hours=1))
    return f"{hours // 24} d {hours % 24} h" if until > now else "over"



def _letter(row: Row) -> Letter:
    return Letter(
        row["id"], row["contract"], row["state"], row["code"], row["first"], row["last"], row["attempts"],
        row["replays"], row["behind"], row["plan"], _until(row["published_ms"]),
    )  # fmt: skip


def _until(published_ms: int) -> datetime:
    return datetime.fromtimestamp((published_ms + WEEK_MS) / 1000, UTC)


def _sealed_under(token: bytes | None) -> str:
    try:
        return str(header(token)["ctr"])
    except TokenRefused:
        return ""
