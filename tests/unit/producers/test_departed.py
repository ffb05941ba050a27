"""Of whom a counterpart should no longer have it is told in the shape of that, or nothing where it could never know."""

from datetime import date
from typing import Any

import pytest

from contracts.book import load
from producers.drift.telling import departed
from tests.people import record

STORE = load().contracts["convenience-store"]
ON = date(2026, 4, 2)
OPEN, HIDDEN, OLDER = record(), record(protected=True), record(name="架空 旧名")


def change(before: Any, after: Any, effective_on: Any = "2026-03-30") -> dict[str, Any]:
    return {"before": before, "after": after, "effective_on": effective_on}


PAST = {
    "died": (None, OPEN, [change(OPEN, None)], (OPEN, None, "2026-03-30")),
    "died on a day not known": (None, OPEN, [change(OPEN, None, {"year": 2026})], (OPEN, None, {"year": 2026})),
    "died protected": (
        None, HIDDEN, [change(HIDDEN, None), change(OPEN, HIDDEN), change(OLDER, OPEN)], (OPEN, None, "2026-03-30"),
    ),
    "protected since": (HIDDEN, HIDDEN, [change(HIDDEN, HIDDEN), change(OLDER, HIDDEN)], (OLDER, HIDDEN, "2026-04-02")),
    "always protected": (HIDDEN, HIDDEN, [change(None, HIDDEN)], None),
    "protected, and nothing is recorded": (HIDDEN, HIDDEN, [], None),
    "removed before there was a history": (None, OPEN, [], (OPEN, None, "2026-04-02")),
}  # fmt: skip


@pytest.mark.parametrize("what", PAST)
def test_it_is_told_what_was_known_last_and_that_it_is_so_no_more(what: str) -> None:
    now, last, past, expected = PAST[what]
    assert departed(STORE, now, last, past, ON) == expected
