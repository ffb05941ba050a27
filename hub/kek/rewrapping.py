"""Wrapping everything under the newest KEK, while everything runs, and retiring a KEK under which nothing is left.

A page is one transaction; what has been done is seen in the rows themselves, so that a run which was killed goes on by
being begun again. What a page holds is opened once more before it is written. Nothing is wrapped anew that was
destroyed, and nothing is ever put back: rows are altered that are there.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from hub.database import Connection, Database, Row, queries
from hub.errors import DependencyUnavailable
from hub.wrapping import KeyWrapper, kek_of

SOURCES: Final = ("content", "client", "access", "copy")
"""What is wrapped: keys, secrets of clients, keys of access tokens, numbers of copies to be erased."""

PAGE: Final = 100
_LOST: Final = frozenset({"kek-unknown", "kek-mismatch"})
"""Of a row whose KEK is not there (any more): it is counted, and the others are wrapped."""

_SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class HowFar:
    """How far it is. `lost`: rows that no KEK opens which is there."""

    done: int
    lost: int
    left: int


@dataclass(frozen=True, slots=True)
class Kek:
    """One KEK. `under`: how much is wrapped under it, by what it is; `there`: it lies in one of our places."""

    id: str
    used_at: datetime | None
    retired_at: datetime | None
    destroyed_at: datetime | None
    under: dict[str, int]
    there: bool
    wraps: bool

    @property
    def state(self) -> str:
        """wraps (what is new), leaving (still wraps something), retired, destroyed, or lost (needed, and not there)."""
        if self.destroyed_at or self.retired_at:
            return "destroyed" if self.destroyed_at else "retired"
        if self.wraps:
            return "wraps"
        return "leaving" if self.there else "lost"


async def keks(database: Database, wrapper: KeyWrapper) -> list[Kek]:
    """Every KEK that ever wrapped something, and those that are there and have not."""
    under: dict[str, dict[str, int]] = {}
    for row in await database.fetch(_SQL["under"]):
        under.setdefault(row["kek"], {})[row["what"]] = row["count"]
    there, rows = wrapper.ids(), {row["id"]: row for row in await database.fetch(_SQL["keks"])}
    wraps = (wrapper.place.ids() or [""])[-1]
    return [_kek(kek, rows.get(kek), under.get(kek, {}), kek in there, kek == wraps) for kek in _once([*rows, *there])]


async def rewrapped(database: Database, wrapper: KeyWrapper, page: int = PAGE) -> AsyncIterator[HowFar]:
    """Wrap everything under the newest KEK, page by page; says how far it is after each."""
    to, done, lost = wrapper.version, 0, 0
    left = await _left(database, to)
    for source in SOURCES:
        after = ""
        while True:
            async with database.transaction() as held:
                rows = await held.fetch(_SQL[source], to, after, page)
                moved = await _moved(held, wrapper, source, rows)
            if not rows:
                break
            after, done, lost = rows[-1]["id"], done + moved, lost + len(rows) - moved
            yield HowFar(done, lost, max(0, left - done - lost))


async def retire(database: Database, newest: str, now: datetime) -> list[str]:
    """Every KEK but the newest under which nothing is wrapped: from now on nothing can be. Which ones that were."""
    leaving = [row["id"] for row in await database.fetch(_SQL["leaving"], newest)]
    return [kek for kek in leaving if await _retired(database, kek, now)]


async def _moved(held: Connection, wrapper: KeyWrapper, source: str, rows: list[Row]) -> int:
    """How many of these rows are wrapped anew."""
    again = [(row["id"], wrapped, kek_of(wrapped)) for row in rows if (wrapped := _again(wrapper, row)) is not None]
    if again:
        await held.executemany(_SQL[f"put_{source}"], again)
    return len(again)


def _again(wrapper: KeyWrapper, row: Row) -> bytes | None:
    """The same key under the newest KEK, opened once to be sure; None where no KEK opens it that is there."""
    try:
        key = wrapper.unwrap(row["wrapped"], row["name"])
    except DependencyUnavailable as refused:
        if refused.code in _LOST:
            return None
        raise
    wrapped = wrapper.wrap(key, row["name"])
    if wrapper.unwrap(wrapped, row["name"]) != key:
        raise DependencyUnavailable("kek-mismatch", "KEK", "What was wrapped does not open: nothing was written")
    return wrapped


async def _left(database: Database, to: str) -> int:
    return sum(row["count"] for row in await database.fetch(_SQL["under"]) if row["kek"] != to)


async def _retired(database: Database, kek: str, now: datetime) -> bool:
    async with database.transaction() as held:
        if await held.fetchrow(_SQL["hold"], kek) is None:
            return False
        if any(row["kek"] == kek for row in await held.fetch(_SQL["under"])):
            return False
        return bool(await held.execute(_SQL["retire"], kek, now))


def _kek(kek: str, row: Row | None, under: dict[str, int], there: bool, wraps: bool) -> Kek:
    used, retired, destroyed = (row["used_at"], row["retired_at"], row["destroyed_at"]) if row else (None,) * 3
    return Kek(kek, used, retired, destroyed, under, there, wraps)


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
