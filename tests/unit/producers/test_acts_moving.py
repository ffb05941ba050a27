"""転入, 転居, 転出, 出生: who comes, who goes, what is kept."""

import pytest

from contracts import book
from contracts.decide import Disclosure, decide
from producers.refusals import NoticeRefused
from tests.unit.producers.register import (
    ADDRESS,
    ELSEWHERE,
    FAMILY,
    NEIGHBOUR,
    acted,
    as_change,
    kinds,
    newcomer,
    person,
    view,
)

MOVE_IN = {"moved_on": "2026-04-01", "address": ADDRESS, "previous_address": ELSEWHERE}
MOVE = {"moved_on": "2026-04-01", "address": ELSEWHERE}
MOVE_OUT = {"moves_on": "2026-04-20", "destination": ELSEWHERE}
NOW_OUT = MOVE_OUT | {"moves_on": "2026-04-01"}


def test_a_move_in_founds_a_household_with_one_head():
    drafts = acted(view(), "move-in", **MOVE_IN, persons=[newcomer(), newcomer(71, "妻")])
    assert kinds(drafts) == [(100, "MOVE_IN_DOMESTIC"), (101, "MOVE_IN_DOMESTIC")]
    assert [
        (d.after["household_no"], d.after["household_head_name"], d.after["is_household_head"]) for d in drafts
    ] == [("50", None, True), ("50", "例田　70号", False)]
    assert (
        drafts[0].after["previous_address"], drafts[0].after["notified_date"], as_change(drafts[0]).action,
    ) == (ELSEWHERE, "2026-04-02", "記載")  # fmt: skip


def test_a_move_in_to_an_existing_household_tells_those_who_live_there():
    drafts = acted(view(*FAMILY), "move-in", **MOVE_IN, household_no="1", persons=[newcomer(relationship="弟")])
    assert [(100, "MOVE_IN_DOMESTIC"), *((n, "HOUSEHOLD_CHANGED") for n in (1, 2, 3))] == kinds(drafts)
    assert ("見本　1号", drafts[1].before) == (drafts[0].after["household_head_name"], drafts[1].after)


@pytest.mark.trap("input-12")
def test_whoever_comes_back_is_the_same_resident_with_the_same_numbers():
    draft = acted(view(former=(person(7),)), "move-in", **MOVE_IN, persons=[newcomer(7)])[0]
    assert (person(7).resident, "7", "97") == (draft.resident, draft.after["atena_no"], draft.after["togo_atena_no"])


def test_a_protection_that_nobody_ended_comes_back_too():
    guarded = person(7, protected=True, dv_protection={"category": "配偶者暴力"})
    draft = acted(view(former=(guarded,)), "move-in", **MOVE_IN, persons=[newcomer(7)])[0]
    assert (draft.after["protected"], draft.after["dv_protection"]) == (True, {"category": "配偶者暴力"})


def test_a_child_enters_the_household_of_its_parent_and_shares_the_protection():
    guarded = person(1, protected=True, dv_protection={"category": "配偶者暴力"})
    child = newcomer(72, "子", birth_date="2026-03-30", my_number=None)
    draft = acted(view(guarded), "birth", parent="1", child=child)[0]
    assert (
        draft.kind, draft.after["household_no"], draft.after["address"], draft.after["protected"],
    ) == ("BIRTH", "1", ADDRESS, True)  # fmt: skip


def test_a_whole_household_that_moves_keeps_number_and_head():
    drafts = acted(view(*FAMILY), "relocate", **MOVE, atena_nos=["3", "1", "2"])
    assert kinds(drafts) == [(3, "RELOCATE"), (1, "RELOCATE"), (2, "RELOCATE")]
    assert [
        (d.after["household_no"], d.after["household_head_name"]) for d in drafts
    ] == [("1", "見本　1号"), ("1", None), ("1", "見本　1号")]
    assert (drafts[0].after["address"], drafts[0].after["previous_address"]) == (ELSEWHERE, ADDRESS)


def test_a_child_that_moves_out_alone_founds_a_household():
    drafts = acted(view(*FAMILY), "relocate", **MOVE, atena_nos=["3"], head="3")
    assert kinds(drafts) == [
        (3, "RELOCATE"), (3, "HOUSEHOLD_CHANGED"), (1, "HOUSEHOLD_CHANGED"), (2, "HOUSEHOLD_CHANGED"),
    ]  # fmt: skip
    assert drafts[1].before == drafts[0].after
    assert tuple(
        drafts[1].after[item] for item in ("household_no", "is_household_head", "household_head_name")
    ) == ("50", True, None)


def test_a_head_who_moves_to_the_neighbour_leaves_a_new_head_behind():
    drafts = acted(view(*FAMILY, NEIGHBOUR), "relocate", **MOVE, atena_nos=["1"], household_no="2",
                   movers={"1": "友人"}, new_head="2", relationships={"3": "子"})  # fmt: skip
    assert kinds(drafts) == [
        (1, "RELOCATE"), (1, "HOUSEHOLD_CHANGED"), (2, "HEAD_CHANGED"), (3, "HEAD_CHANGED"), (4, "HOUSEHOLD_CHANGED"),
    ]  # fmt: skip
    assert tuple(
        drafts[1].after[item]
        for item in ("household_no", "household_head_name", "relationship_to_head", "is_household_head")
    ) == ("2", "見本　4号", "友人", False)


def test_a_planned_move_out_keeps_the_record_and_adds_the_destination():
    draft = acted(view(NEIGHBOUR), "move-out", **MOVE_OUT, atena_nos=["4"])[0]
    assert (draft.kind, draft.after["move_out_destination"]) == ("MOVE_OUT_PLANNED", ELSEWHERE)


def test_a_move_out_filed_late_is_planned_and_carried_out_at_once():
    planned, gone = acted(view(NEIGHBOUR), "move-out", **NOW_OUT, atena_nos=["4"])
    assert (planned.kind, gone.kind, gone.after) == ("MOVE_OUT_PLANNED", "MOVE_OUT_DOMESTIC", None)
    assert (planned.after, ELSEWHERE, "消除") == (
        gone.before, gone.before["move_out_destination"], as_change(gone).action,
    )  # fmt: skip


def test_a_confirmed_move_out_is_received_and_then_carried_out():
    leaving = person(4, household=2, head=4, move_out_destination=ELSEWHERE)
    drafts = acted(view(leaving), "move-out-confirmed", atena_nos=["4"], moved_on="2026-04-01")
    assert kinds(drafts) == [(4, "MOVE_OUT_CONFIRMED"), (4, "MOVE_OUT_DOMESTIC")]


@pytest.mark.parametrize(
    ("code", "act", "stated"),
    [
        ("already-on-register", "move-in", MOVE_IN | {"persons": [newcomer(1)]}),
        ("named-twice", "move-in", MOVE_IN | {"persons": [newcomer(70), newcomer(70, "妻")]}),
        ("one-head-needed", "move-in", MOVE_IN | {"persons": [newcomer(70, "妻")]}),
        ("one-head-needed", "move-in", MOVE_IN | {"persons": [newcomer(70), newcomer(71)]}),
        ("head-exists", "move-in", MOVE_IN | {"household_no": "1", "persons": [newcomer()]}),
        ("unknown-household", "move-in", MOVE_IN | {"household_no": "9", "persons": [newcomer()]}),
        ("not-on-register", "birth", {"parent": "99", "child": newcomer(72, "子")}),
        ("already-on-register", "birth", {"parent": "1", "child": newcomer(2, "子")}),
        ("head-exists", "birth", {"parent": "1", "child": newcomer(72)}),
        ("not-on-register", "relocate", MOVE | {"atena_nos": ["99"]}),
        ("different-households", "relocate", MOVE | {"atena_nos": ["1", "4"]}),
        ("one-head-needed", "relocate", MOVE | {"atena_nos": ["3"]}),
        ("new-head-needed", "relocate", MOVE | {"atena_nos": ["1"], "head": "1"}),
        ("same-household", "relocate", MOVE | {"atena_nos": ["3"], "household_no": "1"}),
        ("relationship-missing", "relocate", MOVE | {"atena_nos": ["3"], "household_no": "2"}),
        ("new-head-needed", "move-out", NOW_OUT | {"atena_nos": ["1"]}),
        ("not-planned", "move-out-confirmed", {"atena_nos": ["1"], "moved_on": "2026-04-01"}),
    ],
)
def test_what_the_law_refuses_is_refused_with_its_code(code, act, stated):
    with pytest.raises(NoticeRefused) as refused:
        acted(view(*FAMILY, NEIGHBOUR), act, **stated)
    assert code == refused.value.code


def test_nobody_plans_to_leave_twice():
    with pytest.raises(NoticeRefused, match="already-planned"):
        acted(view(person(1, move_out_destination=ELSEWHERE)), "move-out", **MOVE_OUT, atena_nos=["1"])


def test_the_intermediate_server_hears_of_item_4_of_whoever_moves_into_another_household():
    changes = [as_change(draft) for draft in acted(view(*FAMILY), "relocate", **MOVE, atena_nos=["3"], head="3")[:2]]
    contract = book.load().contracts["intermediate-server"]
    told = [one.kind for one in changes if isinstance(decide(one, contract, one.day), Disclosure)]
    assert told == ["HOUSEHOLD_CHANGED"]
