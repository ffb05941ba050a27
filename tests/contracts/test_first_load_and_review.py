"""A first load for some contracts alone, and birthdays that are told late: what neither may change in a decision."""

from datetime import date, timedelta
from typing import Any

import pytest

from contracts.book import load
from contracts.contract import Population
from contracts.decide import Disclosure, decide, judged_on
from contracts.errors import ChangeRefused
from contracts.explain import explain
from tests.contracts.agreed import agreed, outcome
from tests.people import change, record

BOOK = load()
MIRRORS = {name for name, contract in BOOK.contracts.items() if contract.mirror}
ON = date(2026, 4, 2)
BORN = "2008-04-02"
"""Eighteen by law on 1 April 2026, the day before the birthday."""
ATTAINED = date(2026, 4, 1)
ADULTS = agreed(population=Population(18, None), in_force_from=date(2026, 1, 1))
MINORS = agreed(population=Population(None, 17), in_force_from=date(2026, 1, 1))


def told(to: Any) -> set[str]:
    loaded = change("SNAPSHOT", None, record(), **({} if to is None else {"to": to}))
    return {name for name, one in BOOK.contracts.items() if isinstance(decide(loaded, one, ON), Disclosure)}


def test_a_first_load_for_nobody_in_particular_is_for_every_mirror() -> None:
    everybody = {name for name in MIRRORS if BOOK.contracts[name].population is None}
    assert everybody <= told(None) <= MIRRORS


def test_a_first_load_for_one_contract_is_heard_by_that_one_alone() -> None:
    assert told(["tax"]) == {"tax"}
    assert told(["tax", "welfare"]) == {"tax", "welfare"}


@pytest.mark.parametrize("to", [["prefecture"], ["nobody"]])
def test_who_is_named_and_keeps_no_copy_hears_nothing(to: list[str]) -> None:
    assert told(to) == set()


@pytest.mark.parametrize(("kind", "before"), [("MOVE_IN_DOMESTIC", None), ("POPULATION_REVIEW", record())])
def test_no_other_kind_is_for_certain_contracts(kind: str, before: Any) -> None:
    with pytest.raises(ChangeRefused) as refused:
        change(kind, before, record(), to=["tax"])
    assert (refused.value.code, refused.value.place) == ("shape-mismatch", "to")


@pytest.mark.parametrize(("to", "code"), [
    ([], "bad-type"), (["Tax"], "bad-format"), (["tax\n"], "bad-format"), ("tax", "bad-type"), ([1], "bad-type"),
])  # fmt: skip
def test_what_is_no_list_of_contracts_is_refused(to: Any, code: str) -> None:
    with pytest.raises(ChangeRefused) as refused:
        change("SNAPSHOT", None, record(), to=to)
    assert (refused.value.code, refused.value.place) == (code, "to")


def test_it_is_explained_that_a_first_load_is_for_others() -> None:
    why = explain(change("SNAPSHOT", None, record(), to=["tax"]), BOOK.contracts["welfare"], BOOK, ON)
    assert (why.outcome, "for other contracts" in why.rules[2].reason.en) == ("not-heard", True)


def review(on: str, recorded: date, **items: Any) -> Any:
    at = f"{recorded.isoformat()}T00:30:00+09:00"
    person = record(birth_date=BORN, **items)
    return change("POPULATION_REVIEW", person, person, effective_on=on, recorded_at=at)


@pytest.mark.parametrize("late", [0, 1, 2, 40, 400])
def test_a_birthday_is_told_however_late_the_review_runs(late: int) -> None:
    recorded = ATTAINED + timedelta(days=late)
    attained = review(ATTAINED.isoformat(), recorded)
    assert [outcome(attained, one, recorded) for one in (ADULTS, MINORS)] == ["entered", "left"]


@pytest.mark.parametrize("days", [-80, -1, 1, 400])
def test_a_review_of_another_day_is_silent(days: int) -> None:
    other = ATTAINED + timedelta(days=days)
    recorded = max(other, ATTAINED) + timedelta(days=1)
    assert {outcome(review(other.isoformat(), recorded), one, recorded) for one in (ADULTS, MINORS)} <= {
        "outside", "nothing-changed",
    }  # fmt: skip


def test_a_review_that_is_dated_ahead_tells_nobody_early() -> None:
    early = review("2026-04-01", date(2026, 3, 30))
    assert [outcome(early, one, date(2026, 3, 30)) for one in (ADULTS, MINORS)] == ["outside", "nothing-changed"]


def test_what_is_told_late_is_no_more_than_is_permitted_on_the_day_of_telling() -> None:
    recorded = ATTAINED + timedelta(days=5)
    ended = agreed(population=Population(18, None), in_force_until=recorded - timedelta(days=1))
    assert outcome(review(ATTAINED.isoformat(), recorded), ended, recorded) == "not-in-force"


def test_a_contract_is_not_told_who_left_its_population_before_it_was_in_force() -> None:
    recorded = ATTAINED + timedelta(days=5)
    late = review(ATTAINED.isoformat(), recorded)
    since = agreed(population=Population(None, 17), in_force_from=ATTAINED + timedelta(days=1))
    assert outcome(late, since, recorded) == "not-in-force"
    why = explain(late, since, BOOK, recorded)
    assert (why.outcome, "not yet on 2026-04-01" in why.rules[0].reason.en) == ("not-in-force", True)


def test_any_other_kind_is_judged_by_the_day_of_its_recording() -> None:
    moved = change("RELOCATE", record(birth_date=BORN), record(birth_date=BORN), effective_on="2026-04-01")
    assert judged_on(moved, ON) == ON


def test_the_explanation_names_the_day_of_the_review() -> None:
    recorded = ATTAINED + timedelta(days=5)
    why = explain(review(ATTAINED.isoformat(), recorded), ADULTS, BOOK, recorded)
    assert (why.outcome, "as of 2026-04-01" in why.rules[1].reason.en) == ("entered", True)


GONE = {"deleted": (record(), None), "left": (record(), record(protected=True))}


@pytest.mark.parametrize("state", GONE)
def test_to_certain_contracts_it_is_told_again_that_somebody_is_gone_and_to_nobody_else(state: str) -> None:
    before, after = GONE[state]
    again = change("SNAPSHOT", before, after, to=["convenience-store"], effective_on="2026-03-30")
    told = {name: said for name, one in BOOK.contracts.items()
            if isinstance(said := decide(again, one, ON), Disclosure)}  # fmt: skip
    assert {name: said.state for name, said in told.items()} == {"convenience-store": state}
    if state == "left":
        assert told["convenience-store"].items == {"atena_no": before["atena_no"]}


def test_a_removal_that_is_told_again_keeps_its_day_and_its_action() -> None:
    again = change("SNAPSHOT", record(), None, to=["intermediate-server"], effective_on="2026-03-30")
    said = decide(again, BOOK.contracts["intermediate-server"], ON)
    assert isinstance(said, Disclosure)
    assert (said.items["change_action"], said.items["change_date"]) == ("消除", "2026-03-30")


@pytest.mark.parametrize(("before", "after", "to"), [
    (record(), None, None), (record(), record(), None), (None, None, None), (None, None, ["tax"]),
])  # fmt: skip
def test_to_everybody_only_a_record_is_loaded(before: Any, after: Any, to: Any) -> None:
    with pytest.raises(ChangeRefused) as refused:
        change("SNAPSHOT", before, after, **({} if to is None else {"to": to}))
    assert (refused.value.code, refused.value.place) == ("shape-mismatch", "kind")
