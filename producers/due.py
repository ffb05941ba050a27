"""Planned moves (転出予定) whose day has come, as notices for the counter: it decides, this only reminds.

Where a head would leave others behind the counter refuses `new-head-needed`, and a clerk adds the new head to the very
notice. A plan that was carried out or taken back is not reminded of.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from hub.database import Database, Row, queries

SQL = queries(Path(__file__).with_suffix(".sql"))


async def due(db: Database, day: date) -> list[dict[str, Any]]:
    """One `move-out-due` notice per household and day of moving, up to and including `day`, the oldest first."""
    leaving: dict[tuple[str, str], list[str]] = defaultdict(list)
    for moves_on, record in _planned(await db.fetch(SQL["planned"])):
        if moves_on <= day.isoformat():
            leaving[moves_on, record["household_no"]].append(record["atena_no"])
    return [_notice(moves_on, sorted(numbers), day) for (moves_on, _), numbers in sorted(leaving.items())]


def _planned(rows: list[Row]) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in rows:
        record = orjson.loads(row["record"])
        if record["move_out_destination"] is not None:
            yield orjson.loads(row["body"])["effective_on"], record


def _notice(moves_on: str, atena_nos: list[str], day: date) -> dict[str, Any]:
    return {
        "receipt": f"due-{moves_on}-{atena_nos[0]}", "act": "move-out-due", "notified_on": day.isoformat(),
        "atena_nos": atena_nos, "moved_on": moves_on,
    }  # fmt: skip
