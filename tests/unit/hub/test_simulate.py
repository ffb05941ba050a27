"""A simulation counts what a draft would have changed, item by item, and is certain or says that it is not."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from contracts.change import Change
from contracts.contract import Approval, Contract, Grant
from contracts.decide import NOT_HEARD, NOT_IN_FORCE, NOTHING_CHANGED, Disclosure, Silence
from contracts.foreseen import UNKNOWN, Drafted, Recorded, Unknown, foreseen
from contracts.simulate import NO_KIND, Answer, Case, Difference, answered, compare, fold, redecided
from tests.contracts.agreed import ON, agreed, relocation
from tests.people import change, record

AGREED = agreed()
INSIDE, ENTERED = Disclosure("inside", {"a": 1, "b": 2}, None), Disclosure("entered", {"a": 1, "b": 2}, None)
APPROVED = Approval("総務部法務", date(2026, 3, 20), "第2号")


def case(happened: Change, then: Contract | None, draft: Contract | None) -> Case:
    before = {then.id: then} if then else {}
    after = {draft.id: Drafted.of(draft)} if draft else {}
    told = answered(happened, before, happened.day)
    return Case(happened.kind, told, redecided(happened, told, before, after, happened.day))


def effects(cases: Iterable[Case], name: str = "kosodate") -> dict[str, int]:
    return dict(fold(cases).contracts[name].effects)


@pytest.mark.parametrize(("then", "draft", "difference"), [
    (NOT_HEARD, NOTHING_CHANGED, Difference("silent")),
    (NOT_HEARD, INSIDE, Difference("newly-told")),
    (INSIDE, NOT_IN_FORCE, Difference("no-longer-told")),
    (INSIDE, INSIDE, Difference("same")),
    (INSIDE, ENTERED, Difference("changed", states=("inside", "entered"))),
    (INSIDE, Disclosure("inside", {"a": 1}, None), Difference("changed", lost=frozenset("b"))),
    (INSIDE, Disclosure("inside", {"a": 1, "b": 2, "c": None}, None), Difference("changed", gained=frozenset("c"))),
    (INSIDE, Disclosure("inside", {"a": 1, "b": None}, None), Difference("changed", altered=frozenset("b"))),
    (Recorded("inside", ("a", "b")), INSIDE, Difference("same")),
    (Recorded("inside", ("a", "b")), Recorded("inside", ("b", "c")),
     Difference("changed", gained=frozenset("c"), lost=frozenset("a"))),
    (INSIDE, UNKNOWN, Difference("perhaps-silent")), (NOT_HEARD, UNKNOWN, Difference("perhaps-told")),
])  # fmt: skip
def test_each_pair_of_answers_is_one_difference(then: Answer, draft: Answer, difference: Difference) -> None:
    assert compare(then, draft) == difference


def test_what_was_told_for_the_sake_of_the_item_alone_is_no_longer_told() -> None:
    draft = agreed(items=("atena_no", "name"))
    assert effects([case(relocation(), AGREED, draft)]) == {"no-longer-told": 1}


def test_a_contract_that_is_new_or_gone_is_counted_under_its_name() -> None:
    assert effects([case(relocation(), None, AGREED)]) == {"newly-told": 1}
    assert effects([case(relocation(), AGREED, None)]) == {"no-longer-told": 1}


@pytest.mark.parametrize(("terms", "effect"), [
    ({"in_force_from": date(2027, 4, 1)}, "same"), ({"in_force_until": date(2026, 4, 1)}, "no-longer-told"),
    ({"shadow_from": date(2026, 5, 1), "in_force_from": date(2026, 6, 1)}, "same"),
])  # fmt: skip
def test_a_draft_is_judged_as_if_in_force_unless_it_has_ended(terms: dict[str, Any], effect: str) -> None:
    assert effects([case(relocation(), AGREED, agreed(**terms))]) == {effect: 1}


def test_an_item_that_a_draft_grants_later_is_gained_already() -> None:
    draft = agreed(granted=(Grant("sex", APPROVED, since=date(2027, 1, 1)),))
    assert dict(fold([case(relocation(), AGREED, draft)]).contracts["kosodate"].gained) == {"sex": 1}


def test_differences_are_counted_by_kind_of_change() -> None:
    entered = change("MOVE_IN_DOMESTIC", None, record())
    found = fold(case(one, AGREED, None) for one in (relocation(), relocation(), entered)).contracts["kosodate"]
    assert found.kinds == {"RELOCATE": {"no-longer-told": 2}, "MOVE_IN_DOMESTIC": {"no-longer-told": 1}}


def test_nothing_of_a_person_is_in_a_report() -> None:
    report = fold([case(relocation(name="極秘 氏名"), AGREED, agreed(items=("atena_no", "address")))])
    assert "極秘" not in repr(report)
    assert dict(report.contracts["kosodate"].lost) == {"name": 1, "birth_date": 1}


TOLD = Recorded("inside", ("atena_no", "name", "address", "birth_date"), AGREED.hash)
GONE = Recorded("deleted", ("atena_no", "name", "address", "birth_date"), AGREED.hash)


@pytest.mark.parametrize(("then", "known", "draft", "expected"), [
    (TOLD, AGREED, None, NOT_IN_FORCE), (TOLD, AGREED, AGREED, TOLD), (NOT_HEARD, AGREED, AGREED, NOT_HEARD),
    (TOLD, AGREED, agreed(in_force_until=date(2026, 4, 1)), NOT_IN_FORCE),
    (TOLD, AGREED, agreed(items=(*AGREED.items, "sex")), Recorded("inside", (*AGREED.items, "sex"))),
    (TOLD, AGREED, agreed(items=("atena_no", "name")), UNKNOWN),
    (GONE, AGREED, agreed(items=("atena_no", "name")), Recorded("deleted", ("atena_no", "name"))),
    (GONE, AGREED, agreed(hears=frozenset({"DEATH"})), UNKNOWN),
    (GONE, AGREED, agreed(protected="withhold"), UNKNOWN),
    (NOT_IN_FORCE, AGREED, agreed(items=("atena_no", "name")), NOT_IN_FORCE),
    (NOT_IN_FORCE, AGREED, agreed(items=(*AGREED.items, "sex")), UNKNOWN),
    (NOT_IN_FORCE, agreed(in_force_from=date(2026, 5, 1)), AGREED, UNKNOWN),
    (NOT_IN_FORCE, None, AGREED, UNKNOWN), (TOLD, None, AGREED, TOLD),
    (TOLD, None, agreed(purpose="別の目的"), UNKNOWN),
])  # fmt: skip
def test_only_what_is_certain_is_said_of_a_change_that_is_gone(
    then: Recorded | Silence, known: Contract | None, draft: Contract | None, expected: Recorded | Silence | Unknown
) -> None:
    assert foreseen(then, known, draft and Drafted.of(draft), (ON,)) == expected


def test_a_contract_that_had_ended_by_the_day_of_routing_says_nothing_of_a_draft_that_goes_on() -> None:
    ended = agreed(in_force_until=ON)
    days = (ON, date(2026, 4, 3))
    assert foreseen(NOT_IN_FORCE, ended, Drafted.of(AGREED), days) == UNKNOWN
    assert foreseen(TOLD, AGREED, Drafted.of(ended), days) == NOT_IN_FORCE


def test_the_kind_of_a_change_that_is_gone_is_unknown() -> None:
    report = fold([Case(None, {"tax": TOLD}, {})])
    assert (report.read, report.remembered) == (0, 1)
    assert report.contracts["tax"].kinds == {NO_KIND: {"no-longer-told": 1}}
