"""A year of notices through counter, relay and router, as fast as they go, beside the peak of a real city."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from hub.database import connect
from hub.errors import JukiError
from producers.bench.line import Line, line
from producers.todokede import answer
from producers.year.calendar import brought_at, year

PEAK_HOUR = 400
"""Persons about whom something happens in the busiest hour of the year in a city of 510,000."""
_PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Carried:
    """`persons`: that the notices are about; `changes`: that came of them; `seconds`: until all were committed by the
    router; `own_peak`: persons in the busiest hour of this very year.
    """

    notices: int
    persons: int
    changes: int
    seconds: float
    filing_seconds: float
    own_peak: int

    @property
    def persons_per_hour(self) -> float:
        """Persons per hour, through the whole line."""
        return self.persons / self.seconds * 3600

    @property
    def times_real_peak(self) -> float:
        """Compared with the busiest hour of a city of 510,000."""
        return self.persons_per_hour / PEAK_HOUR


def measure(  # noqa: PLR0913 - one measurement
    data: Path, residents: int, seed: int, number: int, limit: int | None, say: Callable[[str], None]
) -> Carried:
    """File the notices of a year, or the first `limit` of them; JukiError where one is refused."""
    notices = list(islice(year(residents, seed, number), limit))
    with line(data, residents, seed, say) as standing:
        say(f"{len(notices):,} notices")
        begun = time.monotonic()
        changes = asyncio.run(_file(standing, notices))
        filed = time.monotonic() - begun
        _wait(standing, changes)
        hours = Counter[str]()
        for notice in notices:
            hours[notice["receipt"][:11]] += persons(notice)
        return Carried(len(notices), sum(hours.values()), changes, time.monotonic() - begun, filed,
                       max(hours.values(), default=0))  # fmt: skip


def persons(notice: dict[str, Any]) -> int:
    """How many people a notice is about; one that carries out what was planned is about nobody new."""
    if notice["act"] in ("move-out-confirmed", "move-out-cancelled"):
        return 0
    if notice["act"] == "head-change":
        return 1 + len(notice["relationships"])
    return len(notice.get("persons", notice.get("atena_nos", [None])))


async def _file(standing: Line, notices: Iterable[dict[str, Any]]) -> int:
    changes = 0
    async with connect(standing.settings.registry_dsn, 1) as db:
        for notice in notices:
            one = await answer(db, orjson.dumps(notice), brought_at(notice))
            if one.code is not None:
                raise JukiError(one.code, f"notice {notice['receipt']}")
            changes += len(one.changes)
    return changes


def _wait(standing: Line, count: int) -> None:
    end = time.monotonic() + _PATIENCE
    while standing.routed() < count:
        if time.monotonic() > end:
            raise JukiError("waited-too-long", "router")
        time.sleep(0.05)
