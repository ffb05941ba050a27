"""What a measurement of the consumers' side says: medians, what limits a line, how far it is from what is wanted."""

from uuid import UUID

import orjson
import pytest

from consumers.adapters import ADAPTERS
from consumers.bench.figures import Run, last_line, lines, told
from consumers.bench.lot import _residents, _said
from consumers.disclosure import read
from tests.conformance.counterparts import module


def run(
    line: str = "inbox", *, seconds: float = 10.0, own: float = 1.0, there: float = 1.0, database: float = 1.0
) -> Run:  # fmt: skip
    return Run(line, 50_000, seconds, own, database, there, 0.0, 100.0, 2)


@pytest.mark.parametrize(
    ("seen", "limit"),
    [
        (run(own=9.0), "our own process"), (run(there=9.0), "the counterpart"),
        (run(own=8.0, there=8.0, database=2.0), "the machine, shared by all of them"),
        (run(), "waiting: other work on the machine, the disk, round trips"),
    ],
)  # fmt: skip
def test_what_limits_a_line_is_whose_processor_was_busy(seen: Run, limit: str) -> None:
    assert seen.limit == limit


def test_the_table_has_a_row_for_each_line_with_its_median_and_its_spread() -> None:
    head, first, second = lines([run(), run("none"), run(seconds=5.0), run(seconds=20.0), run("none")])
    assert (head.split()[0], head.endswith("what limits it")) == ("disclosures/s", True)
    assert (first.split()[:4], second.split()[:4]) == (
        ["inbox", "5,000", "(2,500", "to"], ["none", "5,000", "(5,000", "to"]
    )  # fmt: skip


def test_the_last_line_says_how_far_each_is_from_five_thousand_a_second() -> None:
    runs = [run(seconds=5.0), run("hand-over, none", seconds=20.0)]
    assert last_line(runs) == (
        "of 5,000/s per process: inbox 2.00, hand-over, none 0.50; per core of it: inbox 10.00, hand-over, none 10.00"
    )


def test_for_machines_there_are_the_seconds_of_each_process_and_the_rate_per_core() -> None:
    found = told(run(own=4.0, there=2.0, database=3.0))
    assert {name: found[name] for name in ("own", "counterpart", "database", "broker", "per_core", "per_second")} == {
        "own": 4.0, "counterpart": 2.0, "database": 3.0, "broker": 0.0, "per_core": 12_500.0, "per_second": 5000.0,
    }  # fmt: skip


def test_what_is_measured_with_is_taken_by_the_stand_in() -> None:
    said = _said("prefecture", str(UUID(int=1)), 7)
    read_back = read(orjson.dumps(said), said["id"], "prefecture")
    assert module("prefecture").fault(ADAPTERS["prefecture"].encode(read_back)) is None


@pytest.mark.parametrize("each", [1, 3])
def test_so_many_in_a_row_are_about_the_same_resident(each: int) -> None:
    residents = [*_residents(range(12), each)]
    assert [residents.index(one) for one in residents] == [number // each * each for number in range(12)]
