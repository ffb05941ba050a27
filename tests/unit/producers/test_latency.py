"""Percentiles by nearest rank, which delays count, and how they are told."""

from dataclasses import fields

import pytest

from producers.bench.delays import LEGS, Arrived, Began, Begun, delays, legs, percentile, taken
from producers.bench.latency import WARM_TURNS, Compared, Turn, compared
from producers.bench.latency_told import document, lines


def turn(changes: float, beside: float, raw: float) -> Turn:
    return Turn([changes], {name: [changes / len(LEGS)] for name in LEGS}, [beside], [raw])


FOUND = compared(200, 8, [turn(9000.0, 9000.0, 9000.0)] * WARM_TURNS + [turn(30.0, 4.0, 2.0), turn(60.0, 20.0, 3.0)])


@pytest.mark.parametrize(("values", "percent", "found"), [
    ([7.0], 99, 7.0), ([1.0, 2.0], 50, 1.0), ([1.0, 2.0, 3.0], 50, 2.0), ([*map(float, range(1, 101))], 99, 99.0),
    ([*map(float, range(1, 102))], 99, 100.0), ([*map(float, range(1, 101))], 100, 100.0),
])  # fmt: skip
def test_a_percentile_is_the_nearest_rank(values: list[float], percent: int, found: float) -> None:
    assert percentile(values, percent) == found


def test_what_began_before_it_was_warm_does_not_count() -> None:
    begun = {("a", "1"): 1.0, ("a", "2"): 2.0, ("b", "2"): 2.0}
    arrived = {("a", "1"): Arrived(9.0, 0.0), ("a", "2"): Arrived(2.01, 0.0), ("b", "2"): Arrived(2.03, 0.0)}
    found = delays(taken(begun, arrived, 2.0))
    assert (found.count, round(found.p50, 6), round(found.longest, 6)) == (2, 10.0, 30.0)


def test_a_delay_of_something_that_has_not_arrived_is_none() -> None:
    with pytest.raises(KeyError):
        taken({("a", "1"): 1.0}, {}, 0.0)


def test_the_legs_of_a_change_are_those_of_its_own_place_on_its_partition() -> None:
    later, first, other = Began([("a", "2")], 0, 3.0), Began([("a", "1")], 0, 2.0), Began([("a", "3")], 1, 1.0)
    arrived = {("a", "1"): Arrived(2.5, 2.25), ("a", "2"): Arrived(4.0, 3.75), ("a", "3"): Arrived(9.0, 8.0)}
    found = legs(Begun([later, first, other], 2.0), arrived, {0: [2.125, 3.5], 1: [5.0]})
    assert found == dict(zip(LEGS, ([125.0, 500.0], [125.0, 250.0], [250.0, 250.0]), strict=True))


def test_turns_to_get_warm_count_for_none_of_the_figures() -> None:
    several = [FOUND.changes, FOUND.beside, FOUND.raw, *FOUND.legs.values()]
    assert [(one.count, one.longest) for one in several] == [(2, 60.0), (2, 20.0), (2, 3.0), *[(2, 20.0)] * len(LEGS)]


def test_a_change_is_held_against_the_broker_alone_and_against_the_broker_beside_it() -> None:
    assert (FOUND.times_raw, FOUND.times_beside) == (20.0, 3.0)
    assert {*document(FOUND)} == {*(one.name for one in fields(Compared)), "times_raw", "times_beside"}
    said = [*lines(FOUND)]
    for name, one in (("commit to readable", FOUND.changes), ("produce to readable, alone", FOUND.raw),
                      ("produce to readable, beside", FOUND.beside)):  # fmt: skip
        [line] = [line for line in said if line.startswith(f"{name}  ")]
        assert line.split()[-10:] == [
            "records", "p50", f"{one.p50}", "ms", "p99", f"{one.p99}", "ms", "longest", f"{one.longest}", "ms"
        ]  # fmt: skip
    assert said[-1].startswith("p99 of a change is 20.00 times the broker's own alone, and 3.00 times")
