"""A process that failed rests: longer after each failure in a row, and shortly again once it has worked for a while."""

from dataclasses import dataclass

import pytest

from hub.patience import Patience


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def patience(clock: Clock, thrown: float = 1.0) -> Patience:
    return Patience(first=0.2, most=5.0, clock=clock, dice=lambda: thrown)


def test_each_rest_in_a_row_is_twice_as_long_until_the_longest(clock: Clock) -> None:
    waiting = patience(clock)
    assert [waiting.rest() for _ in range(7)] == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0])


def test_a_thousand_failures_in_a_row_rest_no_longer_than_the_longest(clock: Clock) -> None:
    waiting = patience(clock)
    assert max(waiting.rest() for _ in range(1000)) == 5.0


def test_jitter_takes_at_most_half_of_a_rest(clock: Clock) -> None:
    assert patience(clock, thrown=0.0).rest() == pytest.approx(0.1)


def test_after_work_that_lasted_the_first_rest_is_short_again(clock: Clock) -> None:
    waiting = patience(clock)
    for _ in range(9):
        waiting.rest()
    waiting.at_work()
    clock.now = 5.1
    waiting.at_work()
    assert waiting.rest() == pytest.approx(0.2)


def test_work_that_fails_at_once_is_no_success(clock: Clock) -> None:
    waiting = patience(clock)
    for _ in range(9):
        waiting.rest()
    waiting.at_work()
    clock.now = 4.9
    assert waiting.rest() == 5.0


def test_a_beginning_that_takes_long_is_no_work(clock: Clock) -> None:
    waiting = patience(clock)
    waiting.rest()
    clock.now = 60.0
    assert waiting.rest() == pytest.approx(0.4)
