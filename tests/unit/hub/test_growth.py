"""The curves: what is flat and what is not, and a picture that says what is kept."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import pytest

from contracts.change import parse
from hub.bench import curves, growth, shape
from hub.bench.growth import MIDDLE, Cost, Point
from hub.bench.sample import changes, sized
from hub.bench.table import Run
from hub.demo.stage import repository

KEPT = repository() / "tests" / "bench" / "growth.json"


def made(cost: Any) -> dict[str, Any]:
    """A document in which a point has cost what `cost` says of it, half of it in the broker."""
    half = {at: cost(at) / 2 for _, at in growth.points()}
    found = {at: Cost(each, each, 2 * each, 100.0, at.change_bytes, 900, 0.0) for at, each in half.items()}
    return growth.document(found, 1, 1)


def test_every_axis_passes_through_the_middle_and_leaves_the_others_alone() -> None:
    for axis, values in growth.AXES.items():
        own = [point for name, point in growth.points() if name == axis]
        assert [getattr(point, axis) for point in own] == [*values] == sorted(values)
        assert MIDDLE in own
        assert all(replace(point, **{axis: getattr(MIDDLE, axis)}) == MIDDLE for point in own)


def test_a_cost_is_the_median_of_its_runs_per_output() -> None:
    runs = [
        Run("ours-2", 1, 10, 100, seconds, 2 * seconds, seconds, 300.0, 1500, line_bytes=900)
        for seconds in (0.1, 0.3, 0.2)
    ]
    found = growth.cost(runs, Point(processes=3))
    assert (found.client_us, found.broker_us, found.wall_us) == (4000.0, 2000.0, 2000.0)
    assert (found.memory_mb, found.record_bytes, found.line_bytes) == (100.0, 1500, 900)


def test_what_costs_the_same_everywhere_is_flat() -> None:
    assert [line.rpartition(": ")[2] for line in shape.verdicts(made(lambda _: 40.0))] == ["flat"] * len(growth.AXES)


def test_what_is_paid_once_per_change_is_told_from_what_is_paid_per_output() -> None:
    document = made(lambda at: 30 + 80 / at.contracts)
    found = shape.by_contracts(document)
    assert (round(found.fixed, 6), round(found.slope, 6)) == (30.0, 80.0)
    line = next(shape.verdicts(document))
    assert "at 8, 16, 40; not at 1 (x 2.75), 2 (x 1.75), 4 (x 1.25): a change costs 80 µs" in line


def test_length_is_paid_by_the_kibibyte() -> None:
    found = shape.by_length(made(lambda at: 10 + at.change_bytes / 1024 * 5))
    assert (round(found.fixed, 6), round(found.slope, 6)) == (10.0, 5.0)


@pytest.mark.parametrize(("axis", "said"), [
    ("processes", "+10.0 µs per output for every process more"),
    ("partitions", "+80.0 µs per output for every eight partitions"),
])  # fmt: skip
def test_a_price_per_process_or_partition_is_said(axis: str, said: str) -> None:
    lines = [*shape.verdicts(made(lambda at: 10.0 * getattr(at, axis)))]
    assert [said in line for line in lines] == [name == axis for name in growth.AXES]


def test_a_line_without_a_spread_is_flat() -> None:
    assert shape.fit([(2.0, 3.0), (2.0, 5.0)]) == shape.Fit(4.0, 0.0, 0.0)


@pytest.mark.parametrize(("pairs", "explains"), [
    ([(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)], 1.0), ([(1.0, 2.0), (2.0, 4.0), (3.0, 2.0)], 0.0), ([(1.0, 2.0)], 0.0),
])  # fmt: skip
def test_a_line_says_how_much_lies_on_it(pairs: list[tuple[float, float]], explains: float) -> None:
    assert shape.fit(pairs).explains == pytest.approx(explains)


def test_it_is_said_where_other_work_may_be_what_differs() -> None:
    document = made(lambda _: 40.0)
    for steps in document["axes"].values():
        for step in steps:
            step["other"] = 0.5
    assert next(shape.verdicts(document)).startswith("other work took 50%")


def test_the_table_has_a_row_for_each_point() -> None:
    assert len([*shape.table(made(lambda _: 40.0))]) == len(growth.points()) + len(growth.AXES)


def test_the_picture_has_a_panel_for_each_axis_with_a_mark_for_each_value() -> None:
    drawn = ET.fromstring(curves.svg(made(lambda at: 30 + 80 / at.contracts)))  # noqa: S314 - our own
    texts = {"".join(each.itertext()) for each in drawn.iterfind(".//{*}text")}
    assert {*shape.NAMES.values(), *curves.LINES.values(), "µs per output"} <= texts
    assert {f"{getattr(point, axis):,}" for axis, point in growth.points()} <= texts
    dots = [*drawn.iterfind(".//{*}circle")]
    assert len(dots) == len(curves.LINES) * len(growth.points())
    _, _, width, height = map(float, drawn.attrib["viewBox"].split())
    assert all(0 < float(dot.attrib["cx"]) < width and 0 < float(dot.attrib["cy"]) < height for dot in dots)


@pytest.mark.parametrize("length", growth.AXES["change_bytes"])
def test_a_change_has_the_length_that_was_asked_for_and_passes_the_door(length: int) -> None:
    lines = [line for _, line in (changes(9) if length == growth.USUAL else sized(3, length))]
    assert {parse(line).kind for line in lines} <= {"RELOCATE", "HEAD_CHANGED"}
    assert all(abs(len(line) - length) <= 0.03 * length for line in lines)


def test_the_picture_that_is_kept_is_what_the_figures_draw() -> None:
    kept = orjson.loads(KEPT.read_bytes())
    assert Path(KEPT.with_suffix(".svg")).read_text(encoding="utf-8") == curves.svg(kept)
    assert {axis: [step["at"] for step in steps] for axis, steps in kept["axes"].items()} == {
        axis: [*values] for axis, values in growth.AXES.items()
    }
