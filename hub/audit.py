"""What persons have done and tried, and which keys processes have used: a line each, written once and never altered.

A line names an account or a process, an act, an object of ours (the id of a letter, of a plan, of a contract) and how
it ended: `begun`, `done`, or the closed code of what stood in the way. Nothing of a resident: the keys of `details` are
a closed list, and their values are numbers, ids, and the reasons that persons type, which are asked to name nobody.
Every line is a leaf of a tree that is signed (proofs/), in the transaction that writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from contracts.errors import visible
from hub.database import Connection, Database, queries
from hub.errors import UsageError
from hub.people import Act

BEGUN: Final = "begun"
DONE: Final = "done"
FIRST: Final = "first-account"

KEYS: Final = frozenset({
    "account", "basis", "case", "contract", "count", "days", "duties", "ended", "expires", "failed", "filter", "hash",
    "label", "made", "partition", "offset", "plan", "purpose", "reason", "request", "token", "discarded",
    "narrowed", "withheld", "delivered", "limit", "terminal", "day", "compared",
    "rules",
})  # fmt: skip
"""What `details` may name; whoever needs another key adds it here."""

_LONGEST: Final = 500
_SQL = queries(Path(__file__).with_name("audit.sql"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit. `process`: who it was, where it was nobody."""

    person: UUID | None
    act: Act
    object: str
    code: str
    at: datetime
    details: Mapping[str, str | int] = field(default_factory=dict)
    process: str | None = None

    def __post_init__(self) -> None:
        if not self.details.keys() <= KEYS:
            raise UsageError("unknown-detail", self.act)


@dataclass(frozen=True, slots=True)
class Noted:
    """One line as it is read: `name` is that of the account, or says which process it was."""

    id: int
    entry: Entry
    name: str

    def as_json(self) -> dict[str, Any]:
        """For machines: ids as text, times in RFC 3339."""
        one = self.entry
        return {
            "id": self.id, "at": one.at.isoformat(), "person": str(one.person) if one.person else None,
            "name": self.name, "act": one.act, "object": one.object, "code": one.code, "details": dict(one.details),
        }  # fmt: skip


async def note(held: Connection | Database, entry: Entry) -> None:
    """Write one line down; inside the transaction of `held` where it has one."""
    details = {key: value if isinstance(value, int) else _shown(value) for key, value in entry.details.items()}
    said = orjson.dumps(details).decode()
    await held.execute(_SQL["note"], entry.person, entry.act, _shown(entry.object), entry.code, entry.at, said)


async def entries(
    database: Database, since: datetime, person: str | None = None, act: Act | None = None, limit: int = 1000
) -> list[Noted]:
    """The newest `limit` lines since then, of one account and one act or of all, oldest first."""
    rows = await database.fetch(_SQL["entries"], since, person, act, limit)
    return [noted(row) for row in rows]


def noted(row: Mapping[str, Any]) -> Noted:
    """A line as the database has it."""
    return Noted(row["id"], _entry(row), row["name"])


def _shown(words: str) -> str:
    """What was typed as it may be read later: an attempt is noted also where its words are refused (hub/wording.py)."""
    return visible(words[:_LONGEST])


def _entry(row: Mapping[str, Any]) -> Entry:
    details = orjson.loads(row["details"])
    return Entry(
        row["person"], Act(row["act"]), row["object"], row["code"], row["noted_at"], details, row["process"]
    )  # fmt: skip
