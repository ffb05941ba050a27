"""The six rules of `decide`, in their order, each with what is told and what is not. Rule 2: see test_populations."""

from datetime import date
from typing import Any

import pytest

from contracts.contract import Contract, Population
from contracts.decide import Silence, decide
from tests.contracts.agreed import ELSEWHERE, ON, SOMEWHERE, agreed, outcome, relocation, told
from tests.people import change, record

CHILDREN = Population(age_to=18)
CHILD, ADULT = "2015-01-01", "1980-01-01"


# Rule 1


@pytest.mark.parametrize(("on", "expected"), [
    (date(2026, 3, 31), "not-in-force"), (date(2026, 4, 1), "inside"),
    (date(2027, 3, 31), "inside"), (date(2027, 4, 1), "not-in-force"),
])  # fmt: skip
def test_a_contract_hears_only_from_its_first_to_its_last_day(on: date, expected: str) -> None:
    assert outcome(relocation(), agreed(in_force_until=date(2027, 3, 31)), on) == expected


# Rule 3


@pytest.mark.parametrize(("kind", "before", "after"), [
    ("BIRTH", None, record()), ("HEAD_CHANGED", record(address=SOMEWHERE), record(address=ELSEWHERE)),
    ("EX_OFFICIO_DELETE", record(), None),
])  # fmt: skip
def test_a_kind_that_the_contract_does_not_hear_is_not_told(kind: str, before: Any, after: Any) -> None:
    assert outcome(change(kind, before, after), agreed()) == "not-heard"


@pytest.mark.parametrize(("before", "after", "expected"), [(ADULT, CHILD, "entered"), (CHILD, ADULT, "left")])
def test_coming_and_going_through_a_correction_is_always_told(before: str, after: str, expected: str) -> None:
    happened = change("EX_OFFICIO_CORRECTION", record(birth_date=before), record(birth_date=after))
    assert outcome(happened, agreed(population=CHILDREN)) == expected


def test_coming_through_an_entry_is_told_only_where_the_entry_is_heard() -> None:
    assert outcome(change("BIRTH", None, record(birth_date=CHILD)), agreed(population=CHILDREN)) == "not-heard"


def test_the_first_load_reaches_only_who_keeps_a_copy() -> None:
    happened = change("SNAPSHOT", None, record())
    assert outcome(happened, agreed(hears=frozenset({"SNAPSHOT"}), mirror=True)) == "entered"
    assert outcome(happened, agreed()) == "not-heard"


# Rule 4


@pytest.mark.parametrize("item", ["juminhyo_code", "my_number", "sex", "household_no", "honseki"])
def test_a_change_of_what_may_not_be_told_is_inaudible(item: str) -> None:
    happened = change("RELOCATE", record(), record(2) | {name: record()[name] for name in record() if name != item})
    assert outcome(happened, agreed()) == "nothing-changed"


def test_a_kind_that_is_always_told_is_told_though_nothing_changed() -> None:
    happened = change("RELOCATE", record(), record())
    assert outcome(happened, agreed(always=frozenset({"RELOCATE"}))) == "inside"
    assert outcome(happened, agreed()) == "nothing-changed"


def test_items_derived_from_the_change_do_not_count() -> None:
    items = ("atena_no", "change_action", "change_reason", "change_date", "removal_date")
    assert outcome(relocation(), agreed(items=items)) == "nothing-changed"


def test_nationality_counts_where_only_its_derivation_may_be_told() -> None:
    contract = agreed(items=("atena_no", "is_japanese"), hears=frozenset({"NATIONALITY_CORRECTED"}))
    to_national = change("NATIONALITY_CORRECTED", record(nationality="KOR"), record(nationality=None))
    to_other = change("NATIONALITY_CORRECTED", record(nationality="KOR"), record(nationality="XXA"))
    assert outcome(to_national, contract) == "inside"
    assert outcome(to_other, contract) == "nothing-changed"


def test_null_and_missing_are_the_same() -> None:
    without = {name: value for name, value in record().items() if name != "address"}
    assert outcome(change("RELOCATE", without, record(address=None)), agreed()) == "nothing-changed"


# Rule 5


@pytest.mark.parametrize("protected", [True, None])
@pytest.mark.parametrize(("kind", "before", "after"), [
    ("RELOCATE", {"address": SOMEWHERE}, {"address": ELSEWHERE}), ("MOVE_IN_DOMESTIC", None, {}), ("DEATH", {}, None),
])  # fmt: skip
def test_a_contract_that_withholds_hears_nothing_of_a_protected_person(
    kind: str, before: Any, after: Any, protected: bool | None
) -> None:
    was = None if before is None else record(protected=protected, **before)
    now = None if after is None else record(protected=protected, **after)
    assert outcome(change(kind, was, now), agreed(protected="withhold")) == "protected"


def test_a_contract_that_withholds_hears_of_everybody_else() -> None:
    assert outcome(relocation(protected=False), agreed(protected="withhold")) == "inside"


FLAGGED = ("atena_no", "address", "dv_protection")


@pytest.mark.parametrize(("said", "expected"), [(False, False), (True, True), (None, True)])
def test_the_flag_is_true_where_the_record_says_so_or_does_not_say(said: bool | None, expected: bool) -> None:
    assert told(relocation(protected=said), agreed(items=FLAGGED)).protected is expected


def test_a_record_without_the_flag_is_protected() -> None:
    silent = {name: value for name, value in record().items() if name != "protected"}
    assert told(change("MOVE_IN_DOMESTIC", None, silent), agreed(items=FLAGGED)).protected is True


@pytest.mark.parametrize(("kind", "before", "after", "expected"), [
    ("MOVE_IN_DOMESTIC", None, record(birth_date=CHILD), False),
    ("DEATH", record(birth_date=CHILD), None, False),
    ("RELOCATE", record(birth_date=CHILD), record(birth_date=ADULT), None),
])  # fmt: skip
def test_the_flag_accompanies_every_state_but_left(kind: str, before: Any, after: Any, expected: bool | None) -> None:
    assert told(change(kind, before, after), agreed(items=FLAGGED, population=CHILDREN)).protected is expected


def test_who_may_not_know_of_protection_gets_no_flag() -> None:
    assert told(relocation(protected=True), agreed()).protected is None


# Rule 6


def test_every_permitted_item_is_present_and_null_where_the_register_has_none() -> None:
    bare = change("MOVE_IN_DOMESTIC", None, {"atena_no": "1", "sex": "1"})
    assert told(bare, agreed()).items == {"atena_no": "1", "name": None, "address": None, "birth_date": None}


def test_the_items_come_in_the_order_of_the_contract() -> None:
    assert list(told(relocation(), agreed()).items) == list(agreed().items)


def test_entered_and_inside_tell_the_record_after() -> None:
    assert told(relocation(), agreed()).items["address"] == ELSEWHERE


def test_deleted_tells_the_record_before_with_reason_and_date() -> None:
    items = ("atena_no", "address", "change_action", "change_reason", "change_date", "removal_date")
    happened = change("DEATH", record(address=SOMEWHERE), None, effective_on="2026-03-30")
    assert told(happened, agreed(items=items)).items == {
        "atena_no": record()["atena_no"], "address": SOMEWHERE, "change_action": "消除", "change_reason": "DEATH",
        "change_date": "2026-03-30", "removal_date": "2026-03-30",
    }  # fmt: skip


def test_left_tells_the_identifier_that_the_subscriber_knows_and_nothing_else() -> None:
    happened = change("RELOCATE", record(1, birth_date=CHILD), record(2, birth_date=ADULT))
    contract = agreed(items=(*FLAGGED, "change_reason"), population=CHILDREN)
    assert told(happened, contract).items == {"atena_no": record(1)["atena_no"]}


@pytest.mark.parametrize(("kind", "expected"), [("RELOCATE", "RELOCATE"), ("EX_OFFICIO_CORRECTION", None)])
def test_the_reason_is_null_where_the_contract_does_not_hear_the_kind(kind: str, expected: str | None) -> None:
    happened = change(kind, record(birth_date=ADULT), record(birth_date=CHILD))
    contract = agreed(items=("atena_no", "change_reason"), population=CHILDREN)
    assert told(happened, contract).items["change_reason"] == expected


@pytest.mark.parametrize(("kind", "before", "after", "expected"), [
    ("MOVE_IN_DOMESTIC", None, record(), ("記載", None)),
    ("RELOCATE", record(address=SOMEWHERE), record(address=ELSEWHERE), ("修正", None)),
    ("DEATH", record(), None, ("消除", "2026-04-01")),
])  # fmt: skip
def test_action_and_removal_follow_from_the_shape(kind: str, before: Any, after: Any, expected: Any) -> None:
    contract = agreed(items=("atena_no", "address", "change_action", "removal_date"))
    items = told(change(kind, before, after), contract).items
    assert (items["change_action"], items["removal_date"]) == expected


@pytest.mark.trap("input-07", "V8")
@pytest.mark.parametrize("effective", ["2026-04-01", {"year": 2026, "month": 4, "day": None, "text": "令和8年4月頃"}])
def test_an_incomplete_day_is_told_as_it_is_known(effective: Any) -> None:
    happened = change("DEATH", record(), None, effective_on=effective)
    assert told(happened, agreed(items=("atena_no", "change_date"))).items["change_date"] == effective


@pytest.mark.parametrize(("nationality", "expected"), [(None, True), ("KOR", False), ("XXA", False)])
def test_nationals_are_those_without_a_nationality_in_the_register(nationality: str | None, expected: bool) -> None:
    items = told(relocation(nationality=nationality), agreed(items=("address", "is_japanese"))).items
    assert items["is_japanese"] is expected


@pytest.mark.trap("input-06", "V7")
def test_nothing_is_normalised_on_the_way() -> None:
    hard = "髙﨑𠮷葛\U000e0100神\ufa19が\u304b\u3099\ue000ｶﾀｶﾅ"
    assert told(change("MOVE_IN_DOMESTIC", None, record(name=hard)), agreed()).items["name"] == hard


# The order of the rules

ALL_FAIL = agreed(
    in_force_from=date(2030, 1, 1), population=Population(age_from=150), hears=frozenset(), protected="withhold"
)
ORDER = [
    ("not-in-force", ALL_FAIL),
    ("outside", agreed(population=Population(age_from=150), hears=frozenset(), protected="withhold")),
    ("not-heard", agreed(hears=frozenset(), protected="withhold")),
    ("nothing-changed", agreed(protected="withhold")),
    ("protected", agreed(protected="withhold", always=frozenset({"RELOCATE"}))),
]


@pytest.mark.parametrize(("expected", "contract"), ORDER)
def test_the_first_rule_that_fails_names_the_silence(expected: str, contract: Contract) -> None:
    happened = change("RELOCATE", record(protected=True), record(protected=True))
    assert decide(happened, contract, ON) == Silence(expected)  # type: ignore[arg-type]  # the table has plain text
