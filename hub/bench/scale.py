"""SCALE.md: the text of scale.md, with kept figures and what scaling.py computes of them in it. Pure but for files.

Nothing on the page is typed: a number is a kept figure (tests/bench), an assumption that the page names, or computed.
"""

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from pathlib import Path
from string import Template
from typing import Final

import orjson

from contracts.book import Book
from hub.bench.scaling import (
    BROKER_CORES,
    BROKER_TB,
    BUSY,
    EVENTS,
    FULL,
    MIRRORS,
    NIGHT_HOURS,
    PEAK_HOUR,
    PEAK_RESIDENTS,
    PREFECTURES,
    REPLICAS,
    SIZES,
    TOLD,
    WEEKEND_HOURS,
    YEARS,
    Costs,
    Kept,
    Plan,
)
from hub.config import Settings
from hub.wanted import wanted

FILES: Final = ("growth", "snapshot", "latency")
TEXT: Final = Path(__file__).with_suffix(".md")
NOT_KEPT: Final = "not kept yet"

Row = tuple[str, str, Callable[[Plan], str]]
"""What it is, how it is computed, and what it comes to."""


def kept(folder: Path) -> dict[str, Kept]:
    """What is kept in a folder, by the name of the measurement."""
    files = {name: folder / f"{name}.json" for name in FILES}
    return {name: orjson.loads(file.read_bytes()) for name, file in files.items() if file.is_file()}


def page(found: Mapping[str, Kept], book: Book) -> str:
    """The page. A growth has to be kept; what else is not is said."""
    costs = Costs.of(found["growth"])
    words = _measured(found, costs) | _assumed() | _tenants(book)
    rows = [*_rows(costs), *_loading(found.get("snapshot"))]
    return Template(TEXT.read_text(encoding="utf-8")).substitute(
        words, table=_table(rows, [Plan(size, costs) for size in SIZES])
    )


def _measured(found: Mapping[str, Kept], costs: Costs) -> dict[str, str]:
    growth = found["growth"]
    memory = max(step["memory_mb"] for steps in growth["axes"].values() for step in steps)
    return {
        **{name: str(growth[name]) for name in ("on", "machine", "load", "kernel")}, "memory": f"{memory:,.0f}",
        "router_change": f"{costs.router.slope:.0f}", "router_output": f"{costs.router.fixed:.1f}",
        "broker_change": f"{costs.broker.slope:.0f}", "broker_output": f"{costs.broker.fixed:.1f}",
        "disclosure_bytes": f"{costs.disclosure_bytes:,.0f}", "line_bytes": f"{costs.line_bytes:,}",
        "change_bytes": f"{costs.change_bytes:,}",
        "load_rate": _load_rate(found.get("snapshot")), "delay": _delay(found.get("latency")),
    }  # fmt: skip


def _load_rate(snapshot: Kept | None) -> str:
    if snapshot is None:
        return NOT_KEPT
    mirrors = sum(1 for count in snapshot["told"].values() if count)
    rate = snapshot["residents"] / snapshot["seconds"]
    return f"{rate:,.0f} residents/s to {mirrors} mirrors, of {snapshot['residents']:,}"


def _delay(latency: Kept | None) -> str:
    if latency is None:
        return NOT_KEPT
    one = latency["changes"]
    return f"p50 {one['p50']:.0f} ms, p99 {one['p99']:.0f} ms at {latency['per_second']} changes/s"


def _assumed() -> dict[str, str]:
    return {
        "events": f"{EVENTS / 1e6:.0f}", "people": f"{SIZES[-1].residents / 1e6:.0f}", "peak_hour": f"{PEAK_HOUR:,}",
        "peak_residents": f"{PEAK_RESIDENTS:,}", "night": str(NIGHT_HOURS), "told": str(TOLD), "mirrors": str(MIRRORS),
        "busy": f"{BUSY:.0%}", "replicas": str(REPLICAS), "broker_cores": str(BROKER_CORES),
        "broker_tb": f"{BROKER_TB:.0f}", "full": f"{FULL:.0%}",
    }  # fmt: skip


def _tenants(book: Book) -> dict[str, str]:
    topics, country = len(wanted(book, Settings()).topics), SIZES[-1].municipalities
    copies = country * topics * 8 * REPLICAS
    return {
        "municipalities": f"{country:,}", "contracts": str(len(book.contracts)), "topics": str(topics),
        "prefectures": str(PREFECTURES), "copies": f"{copies:,}", "copies_each": f"{copies // PREFECTURES:,}",
    }  # fmt: skip


def _table(rows: Sequence[Row], plans: Sequence[Plan]) -> str:
    heads = (f"{plan.size.name}, {plan.size.residents:,}" for plan in plans)
    lines = [("", "how", *heads), ("---", "---", *("---:" for _ in plans)),
             *((name, how, *map(value, plans)) for name, how, value in rows)]  # fmt: skip
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _rows(costs: Costs) -> list[Row]:
    return [*_carrying(costs), *_storing(costs)]


def _carrying(costs: Costs) -> list[Row]:
    router, broker = costs.router_us(TOLD), costs.broker_us(TOLD)
    return [
        ("changes a year", f"residents × {EVENTS / SIZES[-1].residents:.2f}", lambda plan: f"{plan.events:,.0f}"),
        ("busiest hour, changes/s", f"residents / {PEAK_RESIDENTS:,} × {PEAK_HOUR} / 3,600",
         lambda plan: f"{plan.peak:.2f}"),
        ("worst night, changes/s", f"residents / ({NIGHT_HOURS} × 3,600)", lambda plan: f"{plan.night:,.0f}"),
        ("worst night, outputs/s", f"× {TOLD}", lambda plan: f"{plan.night * TOLD:,.0f}"),
        ("router cores, busiest hour", f"changes/s × {router:.0f} µs / {BUSY}",
         lambda plan: f"{plan.router_cores(plan.peak):.3f}"),
        ("router cores, worst night", "the same", lambda plan: f"{plan.router_cores(plan.night):.1f}"),
        ("**router processes**", "a core each", lambda plan: f"**{plan.routers:,}**"),
        ("**partitions of a topic**", "four to a process, a power of two", lambda plan: f"**{plan.partitions:,}**"),
        ("broker cores, worst night", f"changes/s × {broker:.0f} µs × {REPLICAS} / {BUSY}",
         lambda plan: f"{plan.broker_cores(plan.night):.1f}"),
    ]  # fmt: skip


def _storing(costs: Costs) -> list[Row]:
    return [
        ("week after that night, TB", f"residents × {costs.written(TOLD):,.0f} bytes × {REPLICAS}; kept seven days",
         lambda plan: f"{plan.week_tb:.2f}"),
        (f"ledger of {YEARS} years, TB", f"changes × {YEARS} × {costs.line_bytes:,} bytes × {REPLICAS}; kept for ever",
         lambda plan: f"{plan.ledger_tb:.2f}"),
        ("first load, TB", f"residents × {costs.written(MIRRORS):,.0f} bytes × {REPLICAS}; kept seven days",
         lambda plan: f"{plan.load_tb:.2f}"),
        ("**brokers**", f"3, or cores / {BROKER_CORES}, or TB / ({BROKER_TB:.0f} × {FULL})",
         lambda plan: f"**{plan.brokers}**"),
    ]  # fmt: skip


def _loading(snapshot: Kept | None) -> list[Row]:
    if snapshot is None:
        return []
    rate = float(snapshot["residents"] / snapshot["seconds"])

    def hours(plan: Plan) -> float:
        return plan.size.residents / rate / 3600

    return [
        ("first load on one line, hours", f"residents / {rate:,.0f} / 3,600", lambda plan: f"{hours(plan):,.1f}"),
        (f"lines for {WEEKEND_HOURS} hours", "a line is a registry with its relay and its router",
         lambda plan: f"{max(1, ceil(hours(plan) / WEEKEND_HOURS)):,}"),
    ]  # fmt: skip
