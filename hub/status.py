"""How all is: what runs and what each contract waits for, gathered for troubles.py. Never hangs, always answers.

Three sources, each within a few seconds: the processes themselves (/metrics), the database, and the system. What does
not answer is a trouble of its own, and hides none of the others. Judged is the present: what has happened and is over
is told by the alerts and kept in the logs.
"""

import asyncio
import re
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.book import Book
from hub.config import Settings
from hub.database import Database, connect, queries
from hub.errors import JukiError
from hub.recall.owed import Owed, owed
from hub.standing import Standing, standing
from hub.watching.looking import SQL as WATCHED
from hub.ways import overdue

DATABASE_SECONDS = 5.0
METRICS_SECONDS = 2.0
ARCHIVED_SECONDS = 1.5
"""For the archive to know what an inbox has just read."""

_SQL = queries(Path(__file__).with_suffix(".sql"))
_SERIES = re.compile(r'^(hub_\w+)(?:\{contract="([^"]*)"\})? (\S+)$', re.MULTILINE)
Figures = Mapping[tuple[str, str], float]
"""(metric, contract or nothing) -> value, of one process."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database says. `gaps`: holes of the last day; `breaches`: (contract, code) that are not over.

    `protections`: contract -> since when one has not reached it. `ahead`: contract -> how many its inbox has read that
    the ledger lacks, after a second look. `unwatched`: when the oldest was told that the watch has not counted. `owed`:
    recalls (利用停止) that somebody has to plan, run or follow up.
    """

    standings: tuple[Standing, ...] = ()
    gaps: Mapping[str, int] = field(default_factory=dict)
    breaches: tuple[tuple[str, str], ...] = ()
    protections: Mapping[str, datetime] = field(default_factory=dict)
    ahead: Mapping[str, int] = field(default_factory=dict)
    unwatched: datetime | None = None
    owed: tuple[Owed, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is judged. `kept`: None where the database does not answer. `logs`: the folder of logs.

    `ways`: contract -> `via`.
    """

    now: datetime
    rows: tuple[Mapping[str, Any], ...]
    figures: Mapping[str, Figures]
    kept: Kept | None
    logs: Path = Path(".data/log")
    ways: Mapping[str, str] = field(default_factory=dict)

    def tail(self, *names: str) -> str:
        """The command that shows what processes said last."""
        return " ".join(["tail -n 20", *(f"{self.logs / name}.log" for name in names)])

    def highest(self, metric: str, process: str = "") -> float:
        """The highest value of a metric over the processes whose name begins so; 0 where nobody has it."""
        return max((value for name, series in self.figures.items() if name.startswith(process)
                    for (known, _), value in series.items() if known == metric), default=0)  # fmt: skip

    def total(self, metric: str) -> float:
        """The sum of a metric over all processes."""
        return sum(series.get((metric, ""), 0) for series in self.figures.values())

    def by_process(self, metric: str) -> dict[str, float]:
        """The value of a metric per process, where it is not 0."""
        return {name: value for name, series in self.figures.items() if (value := series.get((metric, ""), 0))}

    def by_contract(self, metric: str) -> dict[str, float]:
        """The highest value of a metric per contract, where it is not 0, in the order of their names."""
        found: dict[str, float] = {}
        for series in self.figures.values():
            for (known, contract), value in series.items():
                if known == metric and value:
                    found[contract] = max(value, found.get(contract, value))
        return dict(sorted(found.items()))

    def since(self, metric: str, process: str) -> timedelta:
        """How long ago a time is that a process shows; nothing where it shows 0."""
        at = self.highest(metric, process)
        return self.ago(at) if at else timedelta()

    def ago(self, at: float) -> timedelta:
        """How long ago a time is, in seconds since 1970."""
        return timedelta(seconds=self.now.timestamp() - at)


def gather(settings: Settings, book: Book, rows: list[dict[str, Any]], now: datetime) -> Facts:
    """Ask everybody at once."""
    ports = {row["name"]: row["port"] for row in rows if row["port"] and row["name"] != "kafka"}
    with ThreadPoolExecutor(len(ports) + 1) as several:
        asked = several.submit(_kept, settings, book, now)
        texts = dict(zip(ports, several.map(_scraped, ports.values()), strict=True))
        shown = {name: figures(text) for name, text in texts.items()}
        ways = {name: contract.via for name, contract in book.contracts.items()}
        return Facts(now, tuple(rows), shown, asked.result(), settings.data.resolve() / "log", ways)


def figures(text: str) -> Figures:
    """The metrics of a process that have no label, or the contract alone."""
    return {(name, contract): float(value) for name, contract, value in _SERIES.findall(text)}


def _scraped(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=METRICS_SECONDS) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return ""


def _kept(settings: Settings, book: Book, now: datetime) -> Kept | None:
    if not settings.database:
        return None
    try:
        return asyncio.run(asyncio.wait_for(_asked(settings, book, now), DATABASE_SECONDS))
    except (JukiError, TimeoutError):
        return None


async def _asked(settings: Settings, book: Book, now: datetime) -> Kept:
    async with connect(settings.database, 1) as database:
        return await kept(database, book, settings.partitions, now)


async def kept(database: Database, book: Book, partitions: int, now: datetime) -> Kept:
    """What the database says of the contracts of `book`."""
    names = [*book.contracts]
    stand = [
        replace(one, oldest_due=overdue(book.contracts.get(one.contract), one.oldest_due, now))
        for one in await standing(database, names)
    ]
    gaps = {row["contract"]: row["count"] for row in await database.fetch(_SQL["gaps"], now - timedelta(days=1))}
    breaches = tuple((row["contract"], row["code"]) for row in await database.fetch(WATCHED["open"]))
    protections = {row["contract"]: row["since"] for row in await database.fetch(_SQL["protections"], names)}
    unwatched = await database.fetchval(_SQL["unwatched"], names, partitions)
    recalls = tuple(await owed(database, book, now))
    return Kept(tuple(stand), gaps, breaches, protections, await _ahead(database, names), unwatched, recalls)


async def _ahead(database: Database, names: list[str]) -> dict[str, int]:
    """What the inbox had read at a first look and the ledger lacks at a second: the archive is a moment behind."""
    first = await database.fetch(_SQL["ahead"], names)
    if not first:
        return {}
    await asyncio.sleep(ARCHIVED_SECONDS)
    told = {(row["contract"], row["partition"]): row["told"] for row in await database.fetch(_SQL["ahead"], names)}
    lacking = Counter[str]()
    for row in first:
        place = row["contract"], row["partition"]
        lacking[row["contract"]] += max(0, row["last_seq"] - told.get(place, row["last_seq"]))
    return +lacking


def kernels(facts: Facts) -> dict[str, str]:
    """By router that answers what cuts and seals there: `native`, or its twin in `python`."""
    return {
        name: "native" if series["hub_kernel_native", ""] else "python"
        for name, series in facts.figures.items() if name.startswith("router") and ("hub_kernel_native", "") in series
    }  # fmt: skip


def contracts(facts: Facts, book: Book) -> list[dict[str, Any]]:
    """A row per contract: its way, what waits, and how old the oldest is in seconds. None: cannot be known."""
    stand = {one.contract: one for one in (facts.kept or Kept()).standings}
    return [_row(facts, name, contract.via, stand.get(name)) for name, contract in book.contracts.items()]


def _row(facts: Facts, name: str, via: str, one: Standing | None) -> dict[str, Any]:
    if via == "topic" or one is None:
        behind = [series.get(("hub_uncollected_offsets", name), -1) for process, series in facts.figures.items()
                  if process.startswith("watch")]  # fmt: skip
        offsets = max((int(each) for each in behind), default=-1) if via == "topic" else -1
        return {"contract": name, "via": via, "waiting": None, "dead": None, "behind": None, "lag_seconds": None,
                "offsets_behind": offsets if offsets >= 0 else None}  # fmt: skip
    lag = (facts.now - one.oldest).total_seconds() if one.oldest else 0.0
    return {"contract": name, "via": via, "waiting": one.waiting + one.unarrived, "dead": one.dead,
            "behind": one.behind, "lag_seconds": round(max(0.0, lag), 1), "offsets_behind": None}  # fmt: skip
