"""Death, change of head, protection: who is told what of item 4 of 住基法7条."""

import pytest

from producers.refusals import NoticeRefused
from tests.unit.producers.register import FAMILY, NEIGHBOUR, acted, as_change, kinds, person, view

START = {"atena_nos": ["1"], "category": "他", "starts_on": "2026-04-01"}
HEAD_DIES = {"atena_no": "1", "died_on": "2026-04-01"}


def test_when_the_head_dies_every_other_member_has_a_new_head():
    drafts = acted(view(*FAMILY), "death", **HEAD_DIES, new_head="2", relationships={"3": "子"})
    assert kinds(drafts) == [(1, "DEATH"), (2, "HEAD_CHANGED"), (3, "HEAD_CHANGED")]
    assert (drafts[0].after, *(d.after["relationship_to_head"] for d in drafts[1:])) == (None, "世帯主", "子")
    assert [draft.after["household_head_name"] for draft in drafts[1:]] == [None, "見本　2号"]


def test_when_another_member_dies_nobody_else_changes():
    assert kinds(acted(view(*FAMILY), "death", atena_no="3", died_on="2026-04-01")) == [(3, "DEATH")]


def test_a_death_whose_day_is_not_known_is_accepted():
    unknown = {"year": 2026, "month": 3, "day": None, "text": "令和8年3月頃"}
    assert unknown == as_change(acted(view(NEIGHBOUR), "death", atena_no="4", died_on=unknown)[0]).effective_on


def test_a_change_of_head_is_one_change_per_member_with_name_and_relationship():
    drafts = acted(view(*FAMILY), "head-change", new_head="2", changed_on="2026-04-01",
                   relationships={"1": "夫", "3": "子"})  # fmt: skip
    assert kinds(drafts) == [(1, "HEAD_CHANGED"), (2, "HEAD_CHANGED"), (3, "HEAD_CHANGED")]
    assert [
        (d.after["is_household_head"], d.after["household_head_name"], d.after["relationship_to_head"]) for d in drafts
    ] == [(False, "見本　2号", "夫"), (True, None, "世帯主"), (False, "見本　2号", "子")]


@pytest.mark.trap("input-10")
def test_a_household_of_sixty_has_sixty_changes_and_twins_stay_two():
    many = [person(1), *(person(n, relationship="同居人", name="見本　双子") for n in range(2, 61))]
    others = {str(n): "同居人" for n in range(1, 61) if n != 2}
    drafts = acted(view(*many), "head-change", new_head="2", changed_on="2026-04-01", relationships=others)
    assert len({draft.resident for draft in drafts}) == 60


def test_a_protection_flags_each_person_and_lasts_a_year():
    drafts = acted(view(*FAMILY), "protection-start", atena_nos=["2", "3"], category="配偶者暴力",
                   starts_on="2024-02-29")  # fmt: skip
    assert kinds(drafts) == [(2, "PROTECTION_STARTED"), (3, "PROTECTION_STARTED")]
    measure = {"category": "配偶者暴力", "starts_on": "2024-02-29", "ends_on": "2025-02-28"}
    assert measure == drafts[0].after["dv_protection"]
    assert drafts[0].after["protected"]


def test_a_protection_ends_by_decision():
    guarded = person(1, protected=True, dv_protection={"category": "配偶者暴力"})
    ended = acted(view(guarded), "protection-end", atena_nos=["1"], decided_on="2026-04-01")[0]
    assert (ended.kind, ended.after["protected"], ended.after["dv_protection"]) == ("PROTECTION_ENDED", False, None)


@pytest.mark.parametrize(
    ("code", "act", "stated"),
    [
        ("not-on-register", "death", {"atena_no": "99", "died_on": "2026-04-01"}),
        ("new-head-needed", "death", HEAD_DIES),
        ("new-head-not-a-member", "death", HEAD_DIES | {"new_head": "4"}),
        ("new-head-not-a-member", "death", HEAD_DIES | {"new_head": "1"}),
        ("relationship-missing", "death", HEAD_DIES | {"new_head": "2"}),
        ("not-a-member", "death", HEAD_DIES | {"new_head": "2", "relationships": {"3": "子", "4": "友"}}),
        ("head-exists", "death", HEAD_DIES | {"new_head": "2", "relationships": {"3": "世帯主"}}),
        ("new-head-not-needed", "death", {"atena_no": "3", "died_on": "2026-04-01", "new_head": "2"}),
        ("already-head", "head-change", {"new_head": "1", "changed_on": "2026-04-01"}),
        ("different-households", "protection-start", START | {"atena_nos": ["1", "4"]}),
        ("named-twice", "protection-start", START | {"atena_nos": ["1", "1"]}),
        ("not-protected", "protection-end", {"atena_nos": ["1"], "decided_on": "2026-04-01"}),
    ],
)
def test_what_the_law_refuses_is_refused_with_its_code(code, act, stated):
    with pytest.raises(NoticeRefused) as refused:
        acted(view(*FAMILY, NEIGHBOUR), act, **stated)
    assert code == refused.value.code


@pytest.mark.parametrize("flag", [None, False])
def test_where_the_record_does_not_say_a_protection_may_begin(flag):
    drafts = acted(view(person(1, protected=flag)), "protection-start", **START)
    assert kinds(drafts) == [(1, "PROTECTION_STARTED")]


def test_nobody_is_protected_twice():
    with pytest.raises(NoticeRefused, match="already-protected"):
        acted(view(person(1, protected=True)), "protection-start", **START)
