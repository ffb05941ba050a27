"""What is due by the rules of law/retention.toml on a day, and whether a rule alone ends it or persons have to.

A rule alone ends the keys of a contract for the days on which everything was delivered. Where something waits, is a
dead letter or has not arrived, where the contract is handed files that it may still open, and where no contract of
that name is in the Book any more, a person has to say that it may go. The topic of a contract whose way is not built
keeps everything, so nothing of it is due.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from contracts.book import Book
from contracts.retention import Rule
from hub.database import Database, Row, connect, queries
from hub.erasure import undelivered
from hub.keys import CHANGES
from hub.retention.rooms import ROOMS, statements
from hub.ways import FILED, READ, walked

UNDELIVERED: Final = "undelivered"
FILES: Final = "files"
NO_CONTRACT: Final = "no-contract"
BY_NOBODY: Final = "by-nobody"
OTHER_RULES: Final = "other-rules"
OTHER_BOOK: Final = "other-book"
"""Not the rules of this installation, or not the Book in use: whoever typed the command may have chosen them."""

_EARLIEST: Final = date(1, 1, 2)
_SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Due:
    """What is over by one rule. `owner`: of keys; `why`: what keeps the rule from ending it alone, empty where nothing
    does; `until`: the last day that is over."""

    key: str
    rule: Rule
    until: date
    owner: str
    kids: tuple[str, ...]
    count: int
    oldest: date | None
    newest: date | None
    why: str

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "rule": self.key, "what": self.rule.what, "article": self.rule.name, "certainty": self.rule.certainty,
            "until": self.until.isoformat(), "contract": self.owner or None, "keys": list(self.kids),
            "count": self.count, "oldest": _day(self.oldest), "newest": _day(self.newest),
            "ends": self.why or "by-rule",
        }  # fmt: skip


async def due(database: Database, registry: str, book: Book, rules: Mapping[str, Rule], today: date) -> list[Due]:
    """Everything that is due today, rule by rule. `registry`: where the register's own tables are."""
    found = []
    for key, rule in rules.items():
        if rule.holds in {"disclosure-keys", "change-keys"}:
            found += await _keys(database, book, key, rule, today)
        elif rule.holds != "elsewhere":
            found += await _rows(database, registry, key, rule, today)
    return found


def by_persons(found: Iterable[Due], why: str) -> list[Due]:
    """The same, of which no rule ends anything alone."""
    return [replace(one, why=one.why or why) for one in found]


def spans(rule: Rule, today: date) -> tuple[date, date]:
    """The first and the last day of what is over; the last before the first where nothing is."""
    return max(rule.in_force.since, _EARLIEST), max(rule.due_until(today), date.min)


async def _keys(database: Database, book: Book, key: str, rule: Rule, today: date) -> list[Due]:
    since, until = spans(rule, today)
    rows = await database.fetch(_SQL["keys"], since.isoformat(), until.isoformat())
    found = []
    for owner, kids in ((row["owner"], row["kids"]) for row in rows if _held_by(rule, row["owner"])):
        parts = {"": kids} if owner == CHANGES else await _by_reason(database, book, owner, kids)
        found += [_of_keys(key, rule, until, owner, some, _ends(rule) or why) for why, some in parts.items() if some]
    return found


def _held_by(rule: Rule, owner: str) -> bool:
    """Names of contracts have no colon; of those that have one, only the Changes are meant by a rule."""
    return owner == CHANGES if rule.holds == "change-keys" else ":" not in owner


async def _by_reason(database: Database, book: Book, owner: str, kids: list[str]) -> dict[str, list[str]]:
    """The keys of a contract by what keeps the rule from ending them alone."""
    contract = book.contracts.get(owner)
    if contract is None:
        return {NO_CONTRACT: kids}
    if not walked(contract):
        return {}
    if contract.via in FILED:
        return {FILES: kids}
    if contract.via not in READ and await database.fetchval(_SQL["unarrived"], owner):
        return {UNDELIVERED: kids}
    waits = {kid for kid, _ in await undelivered(database, owner)}
    return {"": [kid for kid in kids if kid not in waits], UNDELIVERED: [kid for kid in kids if kid in waits]}


async def _rows(database: Database, registry: str, key: str, rule: Rule, today: date) -> list[Due]:
    since, until = spans(rule, today)
    if until < since:
        return [Due(key, rule, until, "", (), 0, None, None, _ends(rule))]
    if (room := ROOMS.get(rule.holds)) is None:
        return [_of_rows(key, rule, until, await database.fetchrow(_SQL[f"{rule.holds}_due"], since, until))]
    async with connect(registry, size=1) as there:
        return [_of_rows(key, rule, until, await there.fetchrow(statements(room)[f"{rule.holds}_due"], since, until))]


def _of_keys(key: str, rule: Rule, until: date, owner: str, kids: list[str], why: str) -> Due:  # noqa: PLR0913 - as Due
    days = [date.fromisoformat(kid[-10:]) for kid in kids]
    return Due(key, rule, until, owner, tuple(kids), len(kids), min(days), max(days), why)


def _of_rows(key: str, rule: Rule, until: date, row: Row | None) -> Due:
    count, oldest, newest = (row["count"], row["oldest"], row["newest"]) if row else (0, None, None)
    return Due(key, rule, until, "", (), count, oldest, newest, _ends(rule))


def _ends(rule: Rule) -> str:
    return "" if rule.ends == "by-rule" else rule.ends


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
