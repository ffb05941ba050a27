"""Which shards go together: what little waits does; what is much, or has failed, makes nobody else wait."""

import pytest

from producers.outbox import SHARDS
from producers.shards import PLENTY, Shards

ALL = list(range(SHARDS))
LONGEST = 5.0


@pytest.mark.parametrize(("waiting", "lots"), [
    ({}, []),
    ({2: 1}, [(2,)]),
    ({0: 1, 1: 9, 3: PLENTY - 1}, [(0, 1, 3)]),
    ({0: PLENTY, 1: 9, 3: 1}, [(0,), (1, 3)]),
    ({0: PLENTY, 1: PLENTY}, [(0,), (1,)]),
])  # fmt: skip
def test_little_goes_together_and_much_by_itself(waiting: dict[int, int], lots: list[tuple[int, ...]]) -> None:
    assert Shards().lots(waiting) == lots


def test_what_is_in_hand_is_looked_at_no_more_until_it_is_done() -> None:
    shards = Shards()
    [lot] = shards.lots({0: 1, 2: 1})
    assert shards.free(0.0) == [1, 3]
    shards.ended(lot)
    assert shards.free(0.0) == ALL


@pytest.mark.trap("P7")
def test_what_failed_together_rests_and_then_goes_apart_until_it_works() -> None:
    shards = Shards()
    [lot] = shards.lots({0: 1, 1: 1})
    shards.failed(lot, at=100.0)
    shards.ended(lot)
    assert shards.free(100.0) == [2, 3]
    assert shards.free(100.0 + LONGEST) == ALL
    assert shards.lots(dict.fromkeys(ALL, 1)) == [(0,), (1,), (2, 3)]
    shards.worked((0,))
    assert shards.lots(dict.fromkeys(ALL, 1)) == [(1,), (0, 2, 3)]


@pytest.mark.trap("P7")
def test_whoever_fails_again_and_again_rests_longer_but_never_long() -> None:
    shards = Shards()
    for attempt in range(40):
        shards.failed((0,), at=0.0)
        assert 0 not in shards.free(0.0)
        assert 0 in shards.free(LONGEST if attempt else LONGEST / 10)


def test_what_works_again_rests_no_more() -> None:
    shards = Shards()
    shards.failed((0,), at=0.0)
    shards.worked((0,))
    assert shards.free(0.0) == ALL
