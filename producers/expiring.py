"""支援措置 whose end comes near or has passed, for somebody to decide: nothing here ends anything, and no date does.

renewable: an extension may be asked for, a month before the end (事務処理要領第5-10). over: the end has passed, and
only an extension or a `protection-end` settles it; until then the person stays protected. undated: the record has no
whole date.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from hub.database import Database, queries
from producers.acts.protection import renewable_from
from producers.household import Record

SQL = queries(Path(__file__).with_suffix(".sql"))


async def expiring(db: Database, day: date) -> list[dict[str, Any]]:
    """Everybody on the register whose measure wants a decision on `day`, the earliest end first."""
    rows = await db.fetch(SQL["protected"])
    return sorted(_wanted((orjson.loads(row["record"]) for row in rows), day), key=_by_end)


async def over(db: Database, day: date) -> int:
    """How many measures have run out on `day` and wait for a decision."""
    return sum(line["state"] == "over" for line in await expiring(db, day))


def _wanted(records: Iterable[Record], day: date) -> Iterator[dict[str, Any]]:
    for record in records:
        measure = record.get("dv_protection") or {}
        ends_on = measure.get("ends_on")
        state = state_on(ends_on, day) if measure else None
        if state is not None:
            yield {
                "atena_no": record["atena_no"], "household_no": record["household_no"], "ends_on": ends_on,
                "state": state,
            }  # fmt: skip


def endings(lines: Iterable[dict[str, Any]], day: date) -> list[dict[str, Any]]:
    """`protection-end` for those of `lines` that are over, by household and end, for a clerk to decide and to file.

    The day of the decision is left open, and the counter refuses a notice without it: so nothing that only passes these
    on ends anybody's protection.
    """
    over: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line in lines:
        if line["state"] == "over":
            over[line["ends_on"], line["household_no"]].append(line["atena_no"])
    return [
        {"receipt": f"ended-{ends_on}-{min(numbers)}", "act": "protection-end", "notified_on": day.isoformat(),
         "atena_nos": sorted(numbers), "decided_on": None}
        for (ends_on, _), numbers in sorted(over.items())
    ]  # fmt: skip


def state_on(ends_on: Any, day: date) -> str | None:
    """What a measure with this end wants on `day`; None while nothing is to be decided."""
    if not isinstance(ends_on, str):
        return "undated"
    if ends_on < day.isoformat():
        return "over"
    return "renewable" if renewable_from(ends_on) <= day.isoformat() else None


def _by_end(line: dict[str, Any]) -> tuple[str, str]:
    return (line["ends_on"] if line["state"] != "undated" else "", line["atena_no"])
