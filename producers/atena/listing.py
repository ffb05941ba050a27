"""What a person looks through, and what 中間サーバー is told: who could be the same, the trail, and 連携 (0320008).

Names and 個人番号 are in none of it: whoever compares two persons looks them up in the systems that know them.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from hub.database import Database, Row, queries
from producers.atena.form import Link

SQL = queries(Path(__file__).with_suffix(".sql"))
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Alike:
    """Two numbers with the same name, birth date and sex, at least one without 個人番号: possibly one person."""

    numbers: tuple[str, str]
    links: tuple[Link, Link]
    same_address: bool

    def wire(self) -> dict[str, Any]:
        """For machines."""
        return {
            "togo_atena_nos": list(self.numbers), "links": [link.wire() for link in self.links],
            "same_address": self.same_address,
        }  # fmt: skip


async def duplicates(db: Database) -> AsyncIterator[Alike]:
    """Who could be the same person, never who is; those whom two persons have taken apart are left out."""
    last = b""
    while rows := await db.fetch(SQL["without_my_number"], last, PAGE):
        page = [row["number"] for row in rows]
        for row in await db.fetch(SQL["alike"], page):
            yield _alike(row)
        last = page[-1]


async def trail(db: Database, after: int = 0) -> AsyncIterator[dict[str, Any]]:
    """Every merge, split and changed 個人番号 behind the place `after`, in the order in which they happened."""
    while rows := await db.fetch(SQL["trail"], after, PAGE):
        for row in rows:
            yield _line(row)
        after = rows[-1]["place"]


async def to_tell(db: Database, after: int = 0, limit: int = PAGE) -> Sequence[dict[str, Any]]:
    """連携 (0320008): what 中間サーバー has to hear behind the place `after`. Read on from the last place."""
    rows = await db.fetch(SQL["to_tell"], after, limit)
    return [{"place": row["place"], "event": row["event"], **_numbers(row)} for row in rows]


def _alike(row: Row) -> Alike:
    identities = [orjson.loads(row[name]) for name in ("identity", "other_identity")]
    mine, theirs = (identity["address"] for identity in identities)
    return Alike(
        (row["number"].decode(), row["other"].decode()),
        (Link(row["system"], row["atena_no"].decode()), Link(row["other_system"], row["other_atena_no"].decode())),
        mine is not None and mine == theirs,
    )


def _line(row: Row) -> dict[str, Any]:
    reason = None if row["reason"] is None else row["reason"].decode()
    return {
        "place": row["place"], "event": row["event"], "at": row["at"].isoformat(), **_numbers(row),
        "requested_by": row["requested_name"], "approved_by": row["approved_name"], "reason": reason,
        "before": orjson.loads(row["before"]), "after": orjson.loads(row["after"]),
    }  # fmt: skip


def _numbers(row: Row) -> dict[str, str]:
    other = {} if row["other"] is None else {"other": row["other"].decode()}
    return {"togo_atena_no": row["number"].decode(), **other}
