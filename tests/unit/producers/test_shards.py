"""Which shards go together: what little waits does; what is much, or has failed, makes nobody else wait."""

from collections.abc import Callable

import pytest

from producers.outbox import SHARDS
from producers.shards import LATE_SECONDS, PLENTY, Shards

ALL = list(range(SHARDS))
LONGEST = 5.0


@pytest.mark.parametrize(("waiting", "lots"), [([], []), ([2], [(2,)]), ([0, 1, 3], [(0, 1, 3)]), (ALL, [tuple(ALL)])])
def test_what_waits_goes_together(waiting: list[int], lots: list[tuple[int, ...]]) -> None:
    assert Shards().lots(waiting) == lots


def test_what_is_in_hand_is_looked_at_no_more_until_it_is_done() -> None:
    shards = Shards()
    [lot] = shards.lots([0, 2])
    assert shards.free(0.0) == [1, 3]
    shards.carried(lot, rows=2, seconds=0.01)
    assert shards.free(0.0) == ALL


def after_a_failure() -> Shards:
    """Two that failed together a while ago."""
    shards = Shards()
    [lot] = shards.lots([0, 1])
    shards.failed(lot, at=100.0)
    assert shards.free(100.0) == [2, 3]
    assert shards.free(100.0 + LONGEST) == ALL
    return shards


def after_a_slow_one() -> Shards:
    """Two that took long together."""
    shards = Shards()
    [lot] = shards.lots([0, 1])
    shards.carried(lot, rows=2, seconds=LATE_SECONDS)
    assert shards.free(0.0) == ALL
    return shards


def after_a_large_one() -> Shards:
    """Two of which there was much."""
    shards = Shards()
    [lot] = shards.lots([0, 1])
    shards.carried(lot, rows=PLENTY, seconds=0.01)
    assert shards.free(0.0) == ALL
    return shards


@pytest.mark.parametrize("before", [after_a_failure, after_a_slow_one, after_a_large_one])
def test_what_failed_was_slow_or_much_goes_apart_until_it_is_quick_and_little(before: Callable[[], Shards]) -> None:
    shards = before()
    apart = shards.lots(ALL)
    assert apart == [(0,), (1,), (2, 3)]
    shards.carried((0,), rows=1, seconds=0.01)
    shards.carried((1,), rows=1, seconds=2 * LATE_SECONDS)
    shards.carried((2, 3), rows=2, seconds=0.01)
    assert shards.lots(ALL) == [(1,), (0, 2, 3)]


def test_what_another_process_has_is_no_better_known_for_that() -> None:
    shards = after_a_failure()
    shards.carried((0,), rows=0, seconds=0.01)
    assert shards.lots([0, 2]) == [(0,), (2,)]


def test_whoever_fails_again_and_again_rests_longer_but_never_long() -> None:
    shards = Shards()
    for attempt in range(40):
        shards.failed((0,), at=0.0)
        assert 0 not in shards.free(0.0)
        assert 0 in shards.free(LONGEST if attempt else LONGEST / 10)
