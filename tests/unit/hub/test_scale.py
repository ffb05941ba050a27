"""SCALE.md says what the kept figures come to, and its arithmetic is that of the page."""

from typing import Any

import pytest

from contracts.book import load
from hub.bench import scale, scaling
from hub.bench.scaling import SIZES, Costs, Plan
from hub.bench.shape import Fit
from hub.demo.stage import repository

COSTS = Costs(Fit(20.0, 80.0), Fit(10.0, 40.0), 3000, 2000.0, 2500)
"""An output costs a router 20 µs and a change 80, the broker half of that."""


def growth(router: float, broker: float) -> dict[str, Any]:
    """A kept growth in which a change costs as much, and its outputs nothing, by the broker or by routers."""
    steps = [
        {"at": at, "client_us": router / at, "broker_us": broker / at, "wall_us": 1.0, "memory_mb": 100.0 + at,
         "record_bytes": 2100, "line_bytes": 2900, "other": 0.0}
        for at in (1, 8, 40)
    ]  # fmt: skip
    middle = {"contracts": 8, "processes": 2, "partitions": 8, "change_bytes": 1600}
    return {"middle": middle, "axes": {"contracts": steps}, "on": "2027-01-01", "machine": "m", "load": 0.1,
            "kernel": "native"}  # fmt: skip


SNAPSHOT = {"residents": 1000, "seconds": 2.0, "told": {"a": 1000, "b": 0, "c": 900}}
LATENCY = {"per_second": 200, "changes": {"p50": 31.0, "p99": 62.0}}


def test_the_page_is_what_the_kept_figures_come_to() -> None:
    found = scale.kept(repository() / "tests" / "bench")
    written = (repository() / "SCALE.md").read_text(encoding="utf-8")
    assert written == scale.page(found, load()), "jukihub bench scale --write"


def test_costs_are_read_off_the_curves() -> None:
    found = Costs.of(growth(router=160.0, broker=-1.0))
    assert (round(found.router.fixed, 6), round(found.router.slope, 6)) == (0.0, 160.0)
    assert found.broker.slope == 0.0  # not below nothing
    assert found.disclosure_bytes == (2100 * 9 - 2900) / 8
    assert (found.line_bytes, found.change_bytes) == (2900, scaling.sealed(1600))


@pytest.mark.parametrize(("length", "padded"), [(100, 512), (508, 512), (509, 1024), (1600, 2048), (8192, 16384)])
def test_a_change_is_padded_before_it_is_sealed(length: int, padded: int) -> None:
    assert scaling.sealed(length) == -(-padded * 4 // 3) + 300


def test_a_city_needs_little_and_the_country_needs_more() -> None:
    city, _, country = (Plan(size, COSTS) for size in SIZES)
    assert (city.routers, city.partitions, city.brokers) == (2, 8, 3)
    assert country.events == scaling.EVENTS
    assert round(country.night) == 4340
    assert round(country.router_cores(country.night), 2) == round(4340.28 * 240e-6 / 0.6, 2)
    assert round(country.broker_cores(country.night), 2) == round(4340.28 * 120e-6 * 3 / 0.6, 2)
    assert round(country.disk_tb, 1) == round((125e6 * (3000 + 12 * 2000 + 2500) + 30e6 * 10 * 2500) * 3 / 1e12, 1)
    assert country.brokers == 6


def test_partitions_are_four_to_a_router_and_a_power_of_two() -> None:
    dear = Plan(SIZES[-1], Costs(Fit(100.0, 0.0), Fit(1.0, 0.0), 1, 1.0, 1))
    assert dear.routers == 6
    assert dear.partitions == 32


def test_the_page_says_what_is_not_kept_and_shows_what_is() -> None:
    without = scale.page({"growth": growth(100.0, 50.0)}, load())
    assert without.count(scale.NOT_KEPT) == 2
    assert "first load on one line" not in without
    whole = scale.page({"growth": growth(100.0, 50.0), "snapshot": SNAPSHOT, "latency": LATENCY}, load())
    assert "500 residents/s to 2 mirrors, of 1,000" in whole
    assert "p50 31 ms, p99 62 ms at 200 changes/s" in whole
    assert "| first load on one line, hours | residents / 500 / 3,600 | 0.3 | 2.8 | 69.4 |" in whole
    assert "| lines for 48 hours | a line is a registry with its relay and its router | 1 | 1 | 2 |" in whole
