"""How all is: what runs, what each contract waits for, what is wrong, and what to type. Never hangs, always answers.

Three sources, each within a few seconds: the processes themselves (/metrics), the database, and the system. What does
not answer is a trouble of its own, and hides none of the others. Judged is the present: what has happened and is over
is told by the alerts and kept in the logs.
"""

import asyncio
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
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
STALLED, LEDGER, OUTBOX = timedelta(minutes=15), timedelta(minutes=2), timedelta(minutes=1)
"""The bounds of the alerts DeliveryStalled, LedgerBehind and OutboxStalled."""

_SQL = queries(Path(__file__).with_suffix(".sql"))
_SERIES = re.compile(r'^(hub_\w+)(?:\{contract="([^"]*)"\})? (\S+)$', re.MULTILINE)
Figures = Mapping[tuple[str, str], float]
"""(metric, contract or nothing) -> value, of one process."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong: a closed code, where, a sentence, and the command to type."""

    code: str
    place: str
    what: str
    command: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database says. `gaps`: holes of the last day; `breaches`: (contract, code) that are not over."""

    standings: tuple[Standing, ...] = ()
    gaps: Mapping[str, int] = field(default_factory=dict)
    breaches: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is judged. `kept`: None where the database does not answer. `logs`: the folder of logs."""

    now: datetime
    rows: tuple[Mapping[str, Any], ...]
    figures: Mapping[str, Figures]
    kept: Kept | None
    logs: Path = Path(".data/log")

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
        return Facts(now, tuple(rows), shown, kept.result(), settings.data.resolve() / "log")


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


def troubles(facts: Facts) -> list[Trouble]:
    """What is wrong, what stops most first. Nothing: all is well."""
    down = [*_down(facts)]
    if down and not any(row["state"] in ("running", "unhealthy") for row in facts.rows):
        return [Trouble("nothing-runs", "", "Nothing runs here", "jukihub up")]
    return [*down, *_database(facts), *_routing(facts), *_contracts(facts), *_counted(facts)]


def _down(facts: Facts) -> Iterator[Trouble]:
    by_state = {state: [row["name"] for row in facts.rows if row["state"] == state]
                for state in ("unreachable", "stopped", "unhealthy")}  # fmt: skip
    for state, names in by_state.items():
        place = ", ".join(names)
        if names and state == "unreachable":
            yield Trouble("broker-unavailable", place, "Kafka does not answer; nothing is lost, nothing moves",
                          "jukihub topics plan")  # fmt: skip
        elif names and state == "stopped":
            yield Trouble("process-down", place, f"Not running: {place}", "jukihub up")
        elif names:
            yield Trouble("process-stalled", place, f"Running, and not getting on: {place}", facts.tail(*names))


def _database(facts: Facts) -> Iterator[Trouble]:
    if facts.kept is None and not any(row["name"] == "postgres" and row["state"] == "stopped" for row in facts.rows):
        yield Trouble("database-unavailable", "postgres", "The database does not answer: what waits is not known",
                      "jukihub up")  # fmt: skip


def _routing(facts: Facts) -> Iterator[Trouble]:
    if (behind := facts.since("hub_ledger_level_timestamp_seconds", "ledger")) > LEDGER:
        yield Trouble("ledger-behind", "ledger", f"The ledger is not archived since {_words(behind)}", "jukihub up")
    if (waits := facts.since("hub_oldest_outbox_timestamp_seconds", "relay")) > OUTBOX:
        yield Trouble("outbox-stalled", "relay", f"A change waits in the outbox for {_words(waits)}",
                      facts.tail("relay"))  # fmt: skip
    for metric, code, what, command in (
        ("hub_stopped_partitions", "partition-stopped", "partition(s) stopped: a record names nobody",
         "quarantine list"),
        ("hub_parked_residents", "resident-parked", "resident(s) wait in quarantine", "quarantine list"),
        ("hub_halted_residents", "resident-halted", "resident(s) halted in the outbox", "status --json"),
    ):
        if count := int(facts.highest(metric)):
            yield Trouble(code, "", f"{count} {what}", f"jukihub {command}")


def _contracts(facts: Facts) -> Iterator[Trouble]:
    kept = facts.kept or Kept()
    for one in kept.standings:
        letters = f"jukihub letters list --contract {one.contract}"
        if one.oldest_due and facts.now - one.oldest_due > STALLED:
            waited = _words(facts.now - one.oldest_due)
            yield Trouble("delivery-stalled", one.contract, f"{one.contract}: nothing delivered for {waited}",
                          facts.tail("deliver"))  # fmt: skip
        if one.dead:
            yield Trouble("dead-letters", one.contract,
                          f"{one.contract}: {one.dead} dead letter(s), {one.behind} behind", letters)  # fmt: skip
    for name, count in kept.gaps.items():
        yield Trouble("sequence-gap", name, f"{name}: {count} hole(s) in the sequence since yesterday",
                      f"jukihub letters list --contract {name}")  # fmt: skip
    for name, code in kept.breaches:
        yield Trouble(code, name, f"{name}: {_BREACHES[code]}", "jukihub status --json")


def _counted(facts: Facts) -> Iterator[Trouble]:
    differing = {contract: int(value) for series in facts.figures.values()
                 for (metric, contract), value in series.items() if metric == "hub_count_difference" and value}
    for name, count in sorted(differing.items()):
        yield Trouble("count-differs", name, f"{name}: holds {count} record(s) more or fewer than it was told",
                      f"jukihub reconcile --contract {name}")  # fmt: skip


_BREACHES = {
    "service-level": "something waits longer than its service level allows",
    "unusual-volume": "unusually many disclosures in an hour (大量抽出?)",
    "traffic-missing": "told nothing for longer than is usual",
}


def verdict(found: list[Trouble]) -> str:
    """The first line, in both languages."""
    if not found:
        return "異常なし / All is well"
    return f"異常 {len(found)} 件 / {len(found)} trouble(s): begin with the first"


def _words(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


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
