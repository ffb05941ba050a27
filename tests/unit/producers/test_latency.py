"""Percentiles by nearest rank, and which delays count."""

import pytest

from producers.bench.latency import Arrived, delays, percentile, taken


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
