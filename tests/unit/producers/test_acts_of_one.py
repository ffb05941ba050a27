"""帰化, 国籍喪失, names, numbers, foreign residents, 特例: what stands in the record afterwards, and what does not."""

import pytest

from producers import notices
from producers.notices.examples import EXAMPLES
from tests.unit.producers.register import (
    ADDRESS,
    ELSEWHERE,
    FAMILY,
    FOREIGNER,
    GUARDED,
    LEAVING,
    NEIGHBOUR,
    NUMBERS,
    VILLAGE,
    acted,
    kinds,
    newcomer,
    person,
    recorded,
    view,
)

REGISTER = view(*VILLAGE)
ON = {"changed_on": "2026-04-01"}
NEW_NAME = {"name": "例山　想太", "honseki": "見本県見本市見本町二番地　例山　想太"}
ABROAD = {"name": "DOE EXAMPLE B", "nationality": "PHL", "art30_45_category": "経過滞在者"}
ALIASED = person(
    5, household=3, head=5, nationality="VNM", foreign_resident_since="2020-04-01", art30_45_category="特別永住者",
    alias_name="見本　例次", alias_history=[{"alias": "見本　例次", "entered_on": "2020-04-01"}], protected=True,
    former_surname=None, dv_protection={"category": "他"},
)  # fmt: skip


def test_a_naturalization_is_a_pair_of_one_human_being_with_the_same_numbers():
    gone, come = acted(view(ALIASED), "naturalization", atena_no="5", **ON, **NEW_NAME)
    assert (gone.resident, gone.before, gone.after) == (come.resident, ALIASED.record, None)
    assert come.before is None
    kept = ("atena_no", "togo_atena_no", "my_number", "juminhyo_code", "address", "household_no", "protected",
            "dv_protection", "relationship_to_head", "birth_date")  # fmt: skip
    assert {item: come.after[item] for item in kept} == {item: ALIASED.record[item] for item in kept}


def test_who_becomes_japanese_has_nothing_that_only_foreign_residents_have():
    after = acted(view(ALIASED), "naturalization", atena_no="5", **ON, **NEW_NAME)[1].after
    foreign = ("nationality", "foreign_resident_since", "art30_45_category", "residence_status", "residence_expiry",
               "residence_card_no", "alias_name", "alias_history")  # fmt: skip
    assert {after.get(item) for item in foreign} == {None}
    assert (after["name"], after["honseki"]) == (NEW_NAME["name"], NEW_NAME["honseki"])


def test_resident_since_is_the_day_of_becoming_a_foreign_resident_unless_stated():
    unsaid = acted(view(ALIASED), "naturalization", atena_no="5", **ON, **NEW_NAME)[1]
    said = acted(view(ALIASED), "naturalization", atena_no="5", **ON, **NEW_NAME, resident_since="2022-01-01")[1]
    assert (unsaid.after["resident_since"], said.after["resident_since"]) == ("2020-04-01", "2022-01-01")


@pytest.mark.parametrize(
    ("act", "who", "stated"), [("naturalization", "5", NEW_NAME), ("nationality-lost", "4", ABROAD)]
)
def test_another_atena_no_is_drawn_only_where_the_notice_asks_for_it(act, who, stated):
    kept = acted(REGISTER, act, atena_no=who, **ON, **stated)[1].after["atena_no"]
    drawn = acted(REGISTER, act, atena_no=who, **ON, **stated, new_atena_no=True)[1].after["atena_no"]
    assert (kept, drawn) == (who, "100")


def test_who_is_not_japanese_any_more_has_a_category_and_nothing_that_only_japanese_nationals_have():
    japanese = person(4, household=2, head=4, honseki="見本県", resident_since="1990-01-01", electoral_roll="登録",
                      former_surname="仮名山")  # fmt: skip
    after = acted(view(japanese), "nationality-lost", atena_no="4", **ON, **ABROAD)[1].after
    assert [after[item] for item in ("honseki", "resident_since", "electoral_roll", "former_surname")] == [None] * 4
    assert (after["nationality"], after["foreign_resident_since"]) == ("PHL", "2026-04-01")


@pytest.mark.parametrize(
    ("act", "stated"),
    [
        ("naturalization", {"atena_no": "5", **ON, **NEW_NAME}),
        ("ex-officio-correction", {"atena_nos": ["5"], "corrected_on": "2026-04-01", "ground": "通知",
                                   "items": {"name": NEW_NAME["name"]}}),
        ("minor-correction", {"atena_nos": ["5"], "corrected_on": "2026-04-01", "ground": "文字の同定",
                              "items": {"name": NEW_NAME["name"]}}),
    ],
)  # fmt: skip
def test_where_a_head_is_called_otherwise_the_others_carry_the_new_name(act, stated):
    last = acted(REGISTER, act, **stated)[-1]
    assert (last.resident.int & 0xFF, last.kind) == (8, "HEAD_NAME_CORRECTED")
    assert last.after == {**last.before, "household_head_name": NEW_NAME["name"]}


def test_a_member_who_is_called_otherwise_concerns_nobody_else():
    drafts = acted(REGISTER, "ex-officio-correction", atena_nos=["3"], corrected_on="2026-04-01", ground="戸籍の届出",
                   items={"name": "例田　三号"})  # fmt: skip
    assert kinds(drafts) == [(3, "EX_OFFICIO_CORRECTION")]


def test_an_explicit_null_clears_and_what_is_not_mentioned_stays():
    register = view(person(1, name_furigana="ミホン", notified_date="2020-01-01"))
    draft = acted(register, "ex-officio-correction", atena_nos=["1"], corrected_on="2026-04-01", ground="誤記",
                  items={"name_furigana": None})[0]  # fmt: skip
    assert (draft.after["name_furigana"], draft.after["notified_date"]) == (None, "2020-01-01")


def test_a_renamed_address_is_that_of_the_whole_household_and_nobody_has_moved():
    drafts = acted(REGISTER, "minor-correction", atena_nos=["1", "2", "3"], corrected_on="2026-04-01",
                   ground="町名変更", items={"address": ELSEWHERE})  # fmt: skip
    assert [draft.after for draft in drafts] == [{**who.record, "address": ELSEWHERE} for who in FAMILY]


def test_an_alias_is_entered_and_removed_with_its_history():
    entered = acted(REGISTER, "alias", atena_no="5", **ON, alias_name="見本　例次")[0].after
    holder = person(5, **{name: entered[name] for name in ("nationality", "alias_name", "alias_history")})
    removed = acted(view(holder), "alias", atena_no="5", changed_on="2026-04-02", alias_name=None)[0].after
    assert entered["alias_history"] == [{"alias": "見本　例次", "entered_on": "2026-04-01"}]
    assert removed["alias_history"] == [
        {"alias": "見本　例次", "entered_on": "2026-04-01", "removed_on": "2026-04-02"},
    ]  # fmt: skip
    assert removed["alias_name"] is None


def test_an_alias_without_a_history_gets_one_when_it_is_removed():
    holder = person(5, nationality="VNM", alias_name="見本", alias_history=None)
    removed = acted(view(holder), "alias", atena_no="5", **ON, alias_name=None)[0].after
    assert removed["alias_history"] == [{"alias": "見本", "removed_on": "2026-04-01"}]


@pytest.mark.parametrize(("before", "stated"), [(None, "仮名山"), ("仮名山", "例田"), ("仮名山", None)])
def test_a_former_surname_is_entered_changed_and_removed(before, stated):
    register = view(person(1, former_surname=before))
    draft = acted(register, "former-surname", atena_no="1", **ON, former_surname=stated)[0]
    assert (draft.before["former_surname"], draft.after["former_surname"]) == (before, stated)


def test_what_the_minister_tells_alters_what_is_mentioned_alone():
    draft = acted(REGISTER, "residence-status", atena_no="5", **ON, items={"residence_expiry": None})[0]
    assert draft.after == {**FOREIGNER.record, "residence_expiry": None}


def test_one_who_comes_from_abroad_as_a_foreigner_is_a_foreign_resident_from_that_day():
    who = newcomer(70, my_number=None, nationality="VNM", art30_45_category="中長期在留者", alias_name="見本")
    after = acted(view(), "move-in-abroad", moved_on="2026-04-01", address=ADDRESS, persons=[who])[0].after
    assert (after["foreign_resident_since"], after["resident_since"], after["my_number"]) == ("2026-04-01", None, None)
    assert after["alias_history"] == [{"alias": "見本", "entered_on": "2026-04-01"}]


def test_one_who_lived_here_already_comes_in_as_a_foreign_resident():
    who = newcomer(70, my_number=None, nationality="VNM", art30_45_category="出生による経過滞在者")
    draft = acted(view(), "move-in-abroad", moved_on="2026-04-01", address=ADDRESS, persons=[who], had_address=True)[0]
    assert (draft.kind, draft.after["previous_address"]) == ("MOVE_IN_ABROAD", None)


def test_a_special_move_in_is_one_like_any_other():
    special = {"card_presented": True, "planned_on": "2026-03-15"}
    stated = {"moved_on": "2026-03-20", "address": ADDRESS, "previous_address": ELSEWHERE, "persons": [newcomer()]}
    assert acted(view(), "move-in", **stated) == acted(view(), "move-in", **stated, special=special)


def test_a_plan_taken_back_names_the_plan_and_leaves_what_else_has_changed():
    renamed = person(4, household=2, head=4, move_out_destination=ELSEWHERE, name="例田　四号")
    plans = (
        recorded(1, "MOVE_OUT_PLANNED", NEIGHBOUR, LEAVING), recorded(2, "EX_OFFICIO_CORRECTION", LEAVING, renamed),
    )  # fmt: skip
    draft = acted(view(renamed, past=plans), "move-out-cancelled", atena_nos=["4"], decided_on="2026-04-02")[0]
    assert (draft.cancels, draft.after) == (plans[0].id, {**renamed.record, "move_out_destination": None})


def test_a_protection_is_extended_by_a_year_from_its_end():
    draft = acted(view(GUARDED), "protection-extend", atena_nos=["7"], decided_on="2026-03-20")[0]
    assert draft.after["dv_protection"] == {**GUARDED.record["dv_protection"], "ends_on": "2027-04-20"}


def test_who_comes_back_after_a_change_of_number_is_known_by_the_new_one():
    draft = acted(REGISTER, "my-number-request", atena_no="1", **ON, my_number=NUMBERS.my_number(77))[0]
    assert draft.after["my_number"] == NUMBERS.my_number(77)


@pytest.mark.parametrize(
    ("act", "stated", "late"),
    [
        ("move-in", {"moved_on": "2026-03-19"}, False),
        ("move-in", {"moved_on": "2026-03-18"}, True),
        ("move-in-abroad", {"moved_on": "2026-03-18"}, True),
        ("relocate", {"moved_on": "2026-03-18"}, True),
        ("relocate", {"moved_on": {"year": 2026, "month": 1, "day": None, "text": "1月頃"}}, False),
        ("head-change", {"changed_on": "2026-03-18"}, True),
        ("relationship-change", {"changed_on": "2026-03-18"}, True),
        ("move-out", {"moves_on": "2026-04-02"}, False),
        ("move-out", {"moves_on": "2026-04-01"}, True),
        ("death", {"died_on": "2026-01-01"}, False),
        ("ex-officio-entry", {"entered_on": "2020-01-01"}, False),
    ],
)
def test_a_notice_behind_its_time_is_remarked_upon_and_not_refused(act, stated, late):
    assert notices.read({**EXAMPLES[act], **stated}).remarks() == (("late",) if late else ())
