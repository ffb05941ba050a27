"""What a comparison says: ratios within a round, medians, spreads, the table, figures beside those that are kept."""

import os
from dataclasses import replace
from pathlib import Path
from typing import cast
from uuid import UUID

import orjson
import pytest

from contracts.book import load
from contracts.change import parse
from hub.bench import checked, limit, lots, spent, subscribers, systems, told, warming
from hub.bench.figures import compared, figures
from hub.bench.sample import changes
from hub.bench.stand import Stand
from hub.bench.table import Run, Spread, by_cpu, last_lines, ratio, table
from hub.bus import Outgoing
from hub.errors import UsageError


def run(system: str, number: int, per_second: float, cpu: float = 2.0) -> Run:
    return Run(system, number, 1000, 8000, 1000 / per_second, cpu, 1.5, 150.0, 1400)


RUNS = (
    run("ours-1", 1, 90), run("ours-2", 1, 200), run("streams", 1, 100), run("limit", 1, 400),
    run("ours-1", 2, 45), run("ours-2", 2, 90), run("streams", 2, 50), run("limit", 2, 200),
    run("ours-1", 3, 80), run("ours-2", 3, 150), run("streams", 3, 100), run("limit", 3, 400),
)  # fmt: skip
"""Of which the second round had half of the machine."""


def test_a_spread_is_median_lowest_and_highest() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)
    assert Spread.of([]) is None


def test_a_ratio_is_taken_within_each_round() -> None:
    assert ratio("ours-2", "streams", RUNS) == Spread(1.8, 1.5, 2.0)
    assert ratio("ours-2", "streams", RUNS[:2]) is None


def test_a_round_without_the_other_says_nothing() -> None:
    found = ratio("ours-2", "limit", [one for one in RUNS if (one.system, one.round) != ("limit", 2)])
    assert found == Spread(0.4375, 0.375, 0.5)


@pytest.mark.parametrize(("left_out", "line"), [
    ((), "ratio to Kafka Streams: 1.80  ratio to broker limit: 0.45"),
    (("ours-2",), "ratio to Kafka Streams: 0.90  ratio to broker limit: 0.23"),
    (("streams",), "ratio to Kafka Streams: -  ratio to broker limit: 0.45"),
])  # fmt: skip
def test_the_last_line_compares_the_most_processes_that_ran(left_out: tuple[str, ...], line: str) -> None:
    assert last_lines([one for one in RUNS if one.system not in left_out]) == [line]


def test_the_twin_is_compared_in_the_line_before() -> None:
    twin = [run("ours-2-python", 1, 120), run("ours-2-python", 2, 60), run("ours-2-python", 3, 80)]
    assert last_lines((*RUNS, *twin)) == [
        "with the Python twin: ratio to Kafka Streams: 1.20  ratio to broker limit: 0.30", last_lines(RUNS)[0],
    ]  # fmt: skip
    assert last_lines(twin) == ["ratio to Kafka Streams: -  ratio to broker limit: -"]


def test_the_table_has_a_line_for_each_system_that_ran_under_a_head_of_the_same_width() -> None:
    head, *rows = table(RUNS)
    assert [row.split("  ")[0] for row in rows] == [
        "ours, one process", "ours, two processes", "Kafka Streams, two threads", "the broker's limit",
    ]  # fmt: skip
    assert {len(row) for row in rows} == {len(head)}
    assert " ".join(rows[1].split()[3:]) == (
        "150 (90 to 200) 1,200 2.0 1.5 0.0 150 1.80 (1.50 to 2.00) 0.45 (0.38 to 0.50)"
    )


def test_the_table_says_which_kernel_ran_and_what_was_tried_of_the_peer() -> None:
    ran = [replace(run("ours-2", 1, 150), kernel="native"), run("limit", 1, 400), run("streams:a=b", 1, 90)]
    assert [row.split("  ")[0] for row in table(ran)[1:]] == [
        "ours, two processes, native", "streams:a=b", "the broker's limit",
    ]  # fmt: skip


def test_cpu_is_compared_per_output_of_client_and_broker_together() -> None:
    assert by_cpu(RUNS) == ["ours, one process 1.00 (1.00 to 1.00)", "ours, two processes 1.00 (1.00 to 1.00)"]
    assert by_cpu([run("ours-2", 1, 90, cpu=1.0), run("streams", 1, 90, cpu=6.0)]) == [
        "ours, two processes 3.00 (3.00 to 3.00)"
    ]
    assert by_cpu([run("ours-2", 1, 90), run("streams", 2, 90)]) == []


@pytest.mark.parametrize(("others", "is_said"), [(0.0, False), (1000.0, True)])
def test_it_is_said_where_other_work_took_much_of_the_machine(others: float, is_said: bool) -> None:
    runs = [*RUNS[:3], replace(RUNS[3], other_seconds=others)]
    assert any("other work" in line for line in told.lines(runs, 8, None)) == is_said


def test_the_figures_are_ratios_to_the_limit_and_the_cost_of_an_output() -> None:
    assert figures(RUNS) == {
        "ours-1: CPU µs per output": 250.0, "ours-1: ratio to limit": 0.225,
        "ours-2: CPU µs per output": 250.0, "ours-2: ratio to limit": 0.45,
    }  # fmt: skip


@pytest.mark.parametrize(("name", "kept", "now", "factor", "is_slower"), [
    ("ours-1: ratio to limit", 0.4, 0.44, "x 1.10", False),
    ("ours-1: ratio to limit", 0.4, 0.32, "x 0.80", True),
    ("ours-1: CPU µs per output", 60.0, 80.0, "x 0.75", True),
    ("ours-1: CPU µs per output", 60.0, 50.0, "x 1.20", False),
])  # fmt: skip
def test_what_is_slower_than_kept_is_said(name: str, kept: float, now: float, factor: str, is_slower: bool) -> None:
    [line] = compared({name: kept, "another": 1.0}, {name: now})
    assert (factor in line, line.endswith("slower")) == (True, is_slower)


def test_figures_are_kept_and_looked_at_again(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    told.keep(file, RUNS, 8)
    assert sum(line.endswith("x 1.00") for line in told.lines(RUNS, 8, file)) == 4
    assert any("says nothing" in line for line in told.lines(RUNS, 12, file))
    assert any("nothing is kept" in line for line in told.lines(RUNS, 8, tmp_path / "other.json"))


def test_the_document_has_every_run_and_the_ratios() -> None:
    said = orjson.loads(orjson.dumps(told.document(RUNS, 8)))
    assert len(said["runs"]) == len(RUNS)
    assert said["compared"] == "ours-2"
    assert said["ratios"]["ours-2"]["streams"] == {"median": 1.8, "low": 1.5, "high": 2.0}
    assert told.document(RUNS[:2], 8)["ratios"]["ours-2"] == {"streams": None, "limit": None}


@pytest.mark.parametrize(("names", "found"), [
    ([], ("ours-1", "ours-2", "ours-2-python", "streams", "limit")), (["limit", "ours-1"], ("ours-1", "limit")),
    (["limit", "streams:a=b", "streams"], ("streams", "limit", "streams:a=b")),
])  # fmt: skip
def test_systems_are_measured_in_one_order(names: list[str], found: tuple[str, ...]) -> None:
    assert told.chosen(names) == found


@pytest.mark.parametrize(("names", "code"), [(["rust"], "unknown-system"), (["limit"], "limit-alone")])
def test_what_cannot_be_measured_is_refused(names: list[str], code: str) -> None:
    with pytest.raises(UsageError, match=code):
        told.chosen(names)


@pytest.mark.parametrize(("tried", "found"), [
    ([], [*systems.JVM]), (["-Xmx1g"], [*systems.JVM, "-Xmx1g"]),
    (["-XX:+UseG1GC"], [*systems.JVM[:-1], "-XX:+UseG1GC"]),
])  # fmt: skip
def test_a_collector_that_is_tried_is_the_only_one(tried: list[str], found: list[str]) -> None:
    assert systems.options(tried) == found


@pytest.mark.parametrize(("costs", "runs"), [([9.0, 4.0, 3.9], 3), ([3.0, 3.0], 2), ([9.0, 6.0, 4.0, 2.0, 1.0], 4)])
async def test_the_broker_is_warm_when_a_run_costs_it_what_the_last_one_did(
    costs: list[float], runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    async def nothing(_: object) -> None:
        """What the limit writes first."""

    async def once() -> Run:
        return replace(RUNS[0], broker_seconds=left.pop(0))

    left = [*costs]
    monkeypatch.setattr(limit, "load", nothing)
    await warming.warmed(cast("Stand", None), once, said.append)
    assert len(costs) - len(left) == runs
    assert said[-1].endswith(", ".join(f"{cost:.1f}" for cost in costs[:runs]))


def test_the_contracts_of_a_measurement_are_told_of_every_change(tmp_path: Path) -> None:
    book = load(subscribers.write(tmp_path, 9))
    read = [parse(content) for _, content in changes(8)]
    due = checked.due(book, read, read[0].day)
    assert len(due) == len(read) * 9
    assert {len(contract.items) for contract in book.contracts.values()} == {12}
    assert len({contract.items for contract in book.contracts.values()}) == 9


def test_nothing_is_due_to_a_contract_that_is_not_in_force_today(tmp_path: Path) -> None:
    book = load(subscribers.write(tmp_path, 1))
    read = [parse(content) for _, content in changes(2)]
    assert checked.due(book, read, read[0].day.replace(year=2025)) == {}


def test_whoever_was_told_something_else_is_named() -> None:
    due = {("a", "1"): b"x", ("b", "2"): b"y", ("c", "3"): b"z"}
    assert checked.different(due, {("a", "1"): b"x", ("b", "2"): b"-", ("d", "4"): b"z"}) == {"b", "c", "d"}


def test_a_lot_ends_behind_its_last_record() -> None:
    lot = lots.Lot({0: [Outgoing(b"", b"", (), 0)] * 3, 5: [Outgoing(b"", b"", (), 0)]})
    assert lot.ends({}) == {0: 3, 5: 1}
    assert lot.ends({0: 11}) == {0: 14, 5: 1}


def test_the_limit_is_what_the_tool_says_of_its_steady_state() -> None:
    said = "\n".join((
        "WARMUP: 99,000 records",
        "340000 records sent, 61000.000000 records/sec (81.44 MB/sec), 20.10 ms avg latency, 300.00 ms max latency.",
        "240000 steady state records sent, 80000.000000 records/sec (106.81 MB/sec), 15.20 ms avg latency.",
    ))  # fmt: skip
    assert limit.seconds(said) == 3.0


def test_this_process_has_cost_something() -> None:
    used = spent.cpu_seconds([os.getpid()])
    assert used > 0
    assert spent.peak_mb([os.getpid()]) > 10
    assert spent.family_seconds(os.getpid()) >= used
    assert spent.machine_seconds() > used


def test_the_peer_is_there_and_knows_every_item() -> None:
    text = (systems.folder() / "src/main/java/peer/Items.java").read_text(encoding="utf-8")
    assert [item for item in load().items.values() if f'"{item.id}"' not in text] == []


def test_residents_of_the_sample_are_of_version_four() -> None:
    assert {UUID(str(resident)).version for resident, _ in changes(3)} == {4}
