"""The watch looks at the figures every some seconds, judges every contract, and says what is wrong and since when.

A breach is a row with its beginning and, once it is over, its end: of several watches one writes it. The present ones
are metrics.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hub import log, metrics
from hub.database import Database, queries
from hub.standing import Standing, standing
from hub.watching import judging
from hub.watching.policy import Bounds, Policy

SQL = queries(Path(__file__).with_suffix(".sql"))
_GAUGES = {
    "service-level": metrics.SERVICE_BREACHED, "unusual-volume": metrics.UNUSUAL_VOLUME,
    "traffic-missing": metrics.TRAFFIC_MISSING,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """What is judged of one contract. `hours`: disclosures by beginning of the hour; `last`: when the last was told."""

    standing: Standing
    hours: Mapping[datetime, int]
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement of one contract."""

    code: str
    breached: bool
    figure: float
    bound: float


def judge(figures: Figures, policy: Policy, now: datetime) -> Iterator[Verdict]:
    """The three judgements of one contract."""
    bounds, oldest = policy.bounds[figures.standing.contract], figures.standing.oldest_recorded
    waited = (now - oldest).total_seconds() if oldest else 0.0
    yield Verdict("service-level", judging.late(oldest, now, bounds), waited, bounds.service_seconds)
    count, history = present(figures.hours, now, bounds)
    bound = judging.limit(history, bounds)
    yield Verdict("unusual-volume", judging.unusual(count, history, bounds), count, bound)
    quiet = judging.office_hours(figures.last, now, policy.office) if figures.last else 0.0
    missing = judging.missing(figures.last, now, bounds, policy.office)
    yield Verdict("traffic-missing", missing, quiet, bounds.quiet_hours)


def present(hours: Mapping[datetime, int], now: datetime, bounds: Bounds) -> tuple[int, list[int]]:
    """The fuller of this hour and the last one, and the hours before them that say what is usual."""
    this = now.replace(minute=0, second=0, microsecond=0)
    last, oldest = this - timedelta(hours=1), this - timedelta(days=bounds.history_days)
    count = max(hours.get(this, 0), hours.get(last, 0))
    return count, [told for hour, told in hours.items() if oldest <= hour < last]


class Watcher:
    """Judges every contract of a policy."""

    def __init__(self, database: Database, policy: Policy, partitions: int) -> None:
        self._database = database
        self._policy = policy
        self._partitions = partitions
        for name, bounds in policy.bounds.items():
            metrics.SERVICE_SECONDS.labels(name).set(bounds.service_seconds)

    async def once(self, now: datetime) -> None:
        """One look. DatabaseError where it cannot be had: the last figures stay, and their time says how old."""
        await self._show_unwatched()
        for figures in await self._figures(now):
            await self._show(figures, now)
        metrics.WATCH_JUDGED.set(now.timestamp())

    async def _figures(self, now: datetime) -> list[Figures]:
        names = [*self._policy.bounds]
        days = max((bounds.history_days for bounds in self._policy.bounds.values()), default=1)
        hours: dict[str, dict[datetime, int]] = defaultdict(dict)
        for row in await self._database.fetch(SQL["hours"], now - timedelta(days=days + 1)):
            hours[row["contract"]][row["hour"]] = row["told"]
        last = {row["contract"]: row["told_at"] for row in await self._database.fetch(SQL["last"])}
        stand = await standing(self._database, names)
        return [Figures(one, hours[one.contract], last.get(one.contract)) for one in stand]

    async def _show(self, figures: Figures, now: datetime) -> None:
        name = figures.standing.contract
        this = now.replace(minute=0, second=0, microsecond=0)
        metrics.HOUR_TOLD.labels(name).set(figures.hours.get(this, 0))
        for verdict in judge(figures, self._policy, now):
            _GAUGES[verdict.code].labels(name).set(verdict.breached)
            if verdict.code == "unusual-volume":
                metrics.HOUR_LIMIT.labels(name).set(verdict.bound)
            await self._remember(name, verdict, now)

    async def _remember(self, name: str, verdict: Verdict, now: datetime) -> None:
        if verdict.breached:
            row = (name, verdict.code, now, verdict.figure, verdict.bound)
            if await self._database.execute(SQL["began"], *row):
                log.get().error("breach-began", contract=name, code=verdict.code)
        elif await self._database.execute(SQL["ended"], name, verdict.code, now):
            log.get().info("breach-ended", contract=name, code=verdict.code)

    async def _show_unwatched(self) -> None:
        names = [*self._policy.bounds]
        rows = await self._database.fetch(SQL["unwatched"], names, self._partitions)
        behind = {row["contract"]: row["count"] for row in rows}
        for name in names:
            metrics.UNWATCHED.labels(name).set(behind.get(name, 0))
