"""Times of a whole poll are shown as if each had been observed alone."""

from prometheus_client import CollectorRegistry, Histogram, generate_latest

from hub.times import Times

BUCKETS = (0.1, 1, 30, 86400)


def test_what_is_observed_at_once_is_shown_as_if_observed_one_by_one() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    whole, single = Times("t", "doc", BUCKETS, ours), Histogram("t", "doc", buckets=BUCKETS, registry=theirs)
    assert _shown(ours) == _shown(theirs)
    polls = [[], [0.0, 0.1, 0.1000001, 1, 86400.5], [29.5, 30, 31]]
    for poll in polls:
        whole.observe(poll)
        for each in poll:
            single.observe(each)
    assert _shown(ours) == _shown(theirs)


def test_a_time_below_zero_is_none() -> None:
    registry = CollectorRegistry()
    Times("t", "doc", BUCKETS, registry).observe([-0.5])
    assert registry.get_sample_value("t_sum") == 0
    assert registry.get_sample_value("t_bucket", {"le": "0.1"}) == 1


def _shown(registry: CollectorRegistry) -> list[str]:
    """All but when it was made."""
    return [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]
