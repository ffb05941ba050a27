"""A measure of protection (支援措置) wants a decision from a month before its end until somebody has decided."""

from datetime import date

import pytest

from producers.expiring import state_on


@pytest.mark.parametrize(
    ("expected", "ends_on", "day"),
    [
        (None, "2027-02-15", date(2027, 1, 14)),
        ("renewable", "2027-02-15", date(2027, 1, 15)),
        ("renewable", "2027-02-15", date(2027, 2, 15)),
        ("over", "2027-02-15", date(2027, 2, 16)),
        ("over", "2027-02-15", date(2030, 1, 1)),
        (None, "2027-03-31", date(2027, 2, 27)),
        ("renewable", "2027-03-31", date(2027, 2, 28)),
        ("renewable", "2027-01-31", date(2026, 12, 31)),
        ("undated", None, date(2027, 1, 1)),
        ("undated", {"year": 2027, "month": None, "day": None, "text": "令和9年"}, date(2027, 1, 1)),
    ],
)
def test_what_a_measure_wants_on_a_day(expected, ends_on, day):
    assert expected == state_on(ends_on, day)
