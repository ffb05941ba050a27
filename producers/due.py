"""Planned moves (転出予定) whose day has come, as notices for the counter: it decides, this only reminds.

Where a head would leave others behind the counter refuses `new-head-needed`, and a clerk adds the new head to the very
notice. A plan that was carried out or taken back is not reminded of.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from hub.database import Database, Row, queries

SQL = queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True, order=True)
class _Plan:
    """Who may leave together: those of one household, on one day, all abroad or none."""

    moves_on: str
    household_no: str
    abroad: bool


async def due(db: Database, day: date) -> list[dict[str, Any]]:
    """One `move-out-due` notice per household and day of moving, up to and including `day`, the oldest first."""
    leaving: dict[_Plan, list[str]] = defaultdict(list)
    for plan, atena_no in _planned(await db.fetch(SQL["planned"])):
        if plan.moves_on <= day.isoformat():
            leaving[plan].append(atena_no)
    return [_notice(plan, sorted(numbers), day) for plan, numbers in sorted(leaving.items())]


def _planned(rows: list[Row]) -> Iterator[tuple[_Plan, str]]:
    for row in rows:
        record = orjson.loads(row["record"])
        if record["move_out_destination"] is not None:
            abroad = row["notice"] is not None and orjson.loads(row["notice"])["act"] == "move-out-abroad"
            plan = _Plan(orjson.loads(row["body"])["effective_on"], record["household_no"], abroad)
            yield plan, record["atena_no"]


def _notice(plan: _Plan, atena_nos: list[str], day: date) -> dict[str, Any]:
    return {
        "receipt": f"due-{plan.moves_on}-{atena_nos[0]}", "act": "move-out-due", "notified_on": day.isoformat(),
        "atena_nos": atena_nos, "moved_on": plan.moves_on, "abroad": plan.abroad,
    }  # fmt: skip
