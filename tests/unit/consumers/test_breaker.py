"""Back-off and breaker, without a clock."""

import pytest

from consumers.breaker import BackOff, Breaker


def longest(_low: float, high: float) -> float:
    return high


def shortest(low: float, _high: float) -> float:
    return low


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0), (10_000, 30.0)])
def test_the_back_off_doubles_up_to_its_limit(attempts: int, seconds: float) -> None:
    assert BackOff().seconds(attempts, longest) == seconds


def test_jitter_takes_at_most_half() -> None:
    assert BackOff().seconds(2, shortest) == 0.5


def breaker_after(failures: int) -> Breaker:
    made = Breaker(longest, threshold=3)
    for _ in range(failures):
        made.failed(now=100.0)
    return made


@pytest.mark.parametrize(("failures", "is_open"), [(0, False), (2, False), (3, True)])
def test_the_breaker_opens_after_deferrals_in_a_row(failures: int, is_open: bool) -> None:
    assert breaker_after(failures).is_open is is_open


def test_an_answer_in_between_starts_the_count_again() -> None:
    made = breaker_after(2)
    made.answered()
    made.failed(now=100.0)
    assert not made.is_open


def test_an_open_breaker_says_when_a_probe_is_due() -> None:
    assert (breaker_after(3).wait(100.0), breaker_after(3).wait(100.5)) == (0.5, 0.0)


def test_probes_become_rarer() -> None:
    assert breaker_after(5).wait(100.0) == 2.0


def test_the_first_answer_closes_it_and_says_so() -> None:
    made = breaker_after(3)
    assert (made.answered(), made.is_open, made.answered()) == (True, False, False)
