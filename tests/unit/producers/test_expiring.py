"""A measure of protection (支援措置) wants a decision from a month before its end until somebody has decided."""

from datetime import date

import pytest

from producers.expiring import endings, state_on


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


def test_only_what_is_over_is_offered_to_a_clerk_by_household_and_end_and_undecided():
    lines = [
        {"atena_no": number, "household_no": home, "ends_on": end, "state": state}
        for number, home, end, state in [
            ("2", "H1", "2027-02-15", "over"), ("1", "H1", "2027-02-15", "over"), ("3", "H2", "2027-02-15", "over"),
            ("4", "H1", "2027-01-31", "over"), ("5", "H1", "2027-03-31", "renewable"), ("6", "H1", None, "undated"),
        ]
    ]  # fmt: skip
    found = endings(lines, date(2027, 3, 1))
    assert [one["atena_nos"] for one in found] == [["4"], ["1", "2"], ["3"]]
    assert {(one["act"], one["decided_on"], one["notified_on"]) for one in found} == {
        ("protection-end", None, "2027-03-01")}  # fmt: skip
    assert len({one["receipt"] for one in found}) == 3
