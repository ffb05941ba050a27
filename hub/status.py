"""How all is: what runs and what each contract waits for, gathered for troubles.py. Never hangs, always answers.

Three sources, each within a few seconds: the processes themselves (/metrics), the database, and the system. What does
not answer is a trouble of its own, and hides none of the others. Judged is the present: what has happened and is over
is told by the alerts and kept in the logs.
"""

import asyncio
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.book import Book
from hub.config import Settings
from hub.database import connect, queries
from hub.errors import JukiError
from hub.standing import Standing, standing
from hub.watching.looking import SQL as WATCHED
from hub.ways import overdue

DATABASE_SECONDS = 5.0
METRICS_SECONDS = 2.0

_SQL = queries(Path(__file__).with_suffix(".sql"))
_SERIES = re.compile(r'^(hub_\w+)(?:\{contract="([^"]*)"\})? (\S+)$', re.MULTILINE)
Figures = Mapping[tuple[str, str], float]
"""(metric, contract or nothing) -> value, of one process."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database says. `gaps`: holes of the last day; `breaches`: (contract, code) that are not over."""

    standings: tuple[Standing, ...] = ()
    gaps: Mapping[str, int] = field(default_factory=dict)
    breaches: tuple[tuple[str, str], ...] = ()


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

    def since(self, metric: str, process: str) -> timedelta:
        """How long ago a time is that a process shows; nothing where it shows 0."""
        at = self.highest(metric, process)
        return timedelta(seconds=self.now.timestamp() - at) if at else timedelta()


def gather(settings: Settings, book: Book, rows: list[dict[str, Any]], now: datetime) -> Facts:
    """Ask everybody at once."""
    ports = {row["name"]: row["port"] for row in rows if row["port"] and row["name"] != "kafka"}
    with ThreadPoolExecutor(len(ports) + 1) as several:
        kept = several.submit(_kept, settings, book, now)
        texts = dict(zip(ports, several.map(_scraped, ports.values()), strict=True))
        shown = {name: figures(text) for name, text in texts.items()}
        ways = {name: contract.via for name, contract in book.contracts.items()}
        return Facts(now, tuple(rows), shown, kept.result(), settings.data.resolve() / "log", ways)


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
        stand = [
            replace(one, oldest_due=overdue(book.contracts.get(one.contract), one.oldest_due, now))
            for one in await standing(database, [*book.contracts])
        ]
        gaps = {row["contract"]: row["count"] for row in await database.fetch(_SQL["gaps"], now - timedelta(days=1))}
        breaches = await database.fetch(WATCHED["open"])
        return Kept(tuple(stand), gaps, tuple((row["contract"], row["code"]) for row in breaches))


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
