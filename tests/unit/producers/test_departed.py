"""Of whom a counterpart should no longer have it is told in the shape of that, or nothing where it could never know."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.book import load
from contracts.contract import Contract, Population
from contracts.decide import Disclosure, decide
from contracts.kinds import SNAPSHOT
from producers.drift.telling import departed
from tests import people
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
        None, HIDDEN, [change(HIDDEN, None), change(OPEN, HIDDEN), change(OLDER, OPEN)], (OPEN, HIDDEN, "2026-04-02"),
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


@pytest.mark.parametrize("where", [HIDDEN, None], ids=["registered", "removed"])
def test_of_who_is_protected_the_store_is_told_the_identifier_alone(where: dict[str, Any] | None) -> None:
    shape = departed(STORE, where, HIDDEN, [change(HIDDEN, where), change(OPEN, HIDDEN)], ON)
    told = told_of(STORE, shape, ON)
    assert told is not None
    assert (told.state, told.items) == ("left", {STORE.identifier: OPEN[STORE.identifier]})


def told_of(contract: Contract, shape: tuple[Any, Any, Any] | None, on: date) -> Disclosure | None:
    """What the decision tells of such a shape, through the door."""
    if shape is None:
        return None
    before, after, effective_on = shape
    happened = people.change(SNAPSHOT, before, after, effective_on=effective_on, to=[contract.id])
    told = decide(happened, contract, on)
    return told if isinstance(told, Disclosure) else None


SHORT_LIVES = st.lists(st.fixed_dictionaries({
    "name": st.sampled_from(["架空 一", "架空 二"]), "birth_date": st.sampled_from(["1950-04-01", "1990-04-01", None]),
    "nationality": st.sampled_from([None, "USA"]), "protected": st.sampled_from([False, True, None]),
}), max_size=3)  # fmt: skip
POPULATIONS = st.none() | st.builds(
    Population, st.sampled_from([None, 15, 65]), st.sampled_from([None, 30, 80]), st.none() | st.booleans()
)


@given(POPULATIONS, SHORT_LIVES, st.sampled_from([True, None]), st.booleans(), st.sampled_from([ON, date(2031, 4, 1)]))
def test_of_who_is_protected_at_the_end_nothing_is_told_again_but_the_identifier(
    population: Population | None, earlier: list[dict[str, Any]], protected: bool | None, removed: bool, on: date
) -> None:
    contract = replace(STORE, population=population)
    assert contract.protected == "suspend"
    lived = [record(**each) for each in [*earlier, (earlier or [{}])[-1] | {"protected": protected}]]
    past = [change(before, after) for before, after in zip([None, *lived], [*lived, None], strict=True)][::-1]
    shape = departed(contract, None if removed else lived[-1], lived[-1], past if removed else past[1:], on)
    told = told_of(contract, shape, on)
    assert told is None or (told.state, [*told.items]) == ("left", [contract.identifier])
