"""An explanation gives every rule its answer, in words that a lawyer understands, and every item its article."""

from datetime import date
from typing import Any

import pytest

from contracts.book import load
from contracts.change import Change
from contracts.contract import Approval, Contract, Grant, Population
from contracts.explain import Explanation, explain
from contracts.reasons import described
from tests.contracts.agreed import ELSEWHERE, ON, SOMEWHERE, agreed, relocation
from tests.contracts.test_decide import ORDER
from tests.people import change, record

BOOK = load()
OLD = "1980-01-01"
APPROVED = Approval("総務部法務", date(2026, 4, 1), "第2号")


def explained(happened: Change, contract: Contract, on: date = ON) -> Explanation:
    return explain(happened, contract, BOOK, on)


def reason(told: Explanation, number: int) -> str:
    return told.rules[number - 1].reason.ja


# The rules


@pytest.mark.parametrize(("expected", "contract"), ORDER)
def test_the_first_rule_that_fails_ends_the_questions(expected: str, contract: Contract) -> None:
    told = explained(change("RELOCATE", record(protected=True), record(protected=True)), contract)
    at = [rule.name for rule in told.rules].index(expected)
    assert [rule.holds for rule in told.rules] == [True] * at + [False] + [None] * (5 - at)
    assert (told.outcome, told.state, told.told) == (expected, None, ())


def test_the_rules_are_those_of_the_decision_in_its_order() -> None:
    told = explained(relocation(), agreed())
    assert [(rule.number, rule.name, rule.holds) for rule in told.rules] == [
        (1, "not-in-force", True), (2, "outside", True), (3, "not-heard", True), (4, "nothing-changed", True),
        (5, "protected", True), (6, "disclosed", True),
    ]  # fmt: skip


@pytest.mark.parametrize(("on", "words"), [
    (date(2026, 3, 31), "まだない"), (date(2026, 4, 1), "はその間"), (date(2027, 4, 1), "もうない"),
])  # fmt: skip
def test_rule_1_names_the_period_and_the_day(on: date, words: str) -> None:
    said = reason(explained(relocation(), agreed(in_force_until=date(2027, 3, 31)), on), 1)
    assert "2026-04-01から2027-03-31まで" in said
    assert f"{on}" in said
    assert words in said


def test_a_contract_on_trial_is_not_told_and_it_is_said_what_it_would_be() -> None:
    on, contract = date(2026, 3, 20), agreed(shadow_from=date(2026, 3, 1))
    told = explained(relocation(), contract, on)
    assert (told.outcome, told.trial) == ("not-in-force", "inside")
    assert "試行（2026-03-01から）" in reason(told, 1)
    assert explained(relocation(), contract, ON).trial is None


@pytest.mark.parametrize(("people", "birth", "words"), [
    (Population(age_from=40), "1986-04-04", "満40歳未満"), (Population(age_to=18), OLD, "満18歳を超える"),
    (Population(age_from=40), {"year": None, "month": 4, "day": 1}, "生年が不明"),
    (Population(age_from=40), None, "生年が不明"), (Population(japanese=False), OLD, "日本国民である"),
])  # fmt: skip
def test_rule_2_says_why_somebody_is_outside(people: Population, birth: Any, words: str) -> None:
    told = explained(relocation(birth_date=birth), agreed(population=people))
    assert told.outcome == "outside"
    assert reason(told, 2).count(words) == 2


def test_rule_2_judges_the_record_before_by_the_day_before() -> None:
    told = explained(relocation(birth_date="1986-04-03"), agreed(population=Population(age_from=40)), ON)
    assert "2026-04-01の時点で対象外（満40歳未満）" in reason(told, 2)
    assert "2026-04-02の時点で対象" in reason(told, 2)


def test_a_foreign_resident_is_outside_a_contract_for_nationals() -> None:
    told = explained(relocation(nationality="KOR"), agreed(population=Population(japanese=True)))
    assert "日本国民でない" in reason(told, 2)


@pytest.mark.parametrize(("said", "words"), [(True, "支援措置の対象者で"), (None, "支援措置の有無が記録になく")])
def test_who_does_not_say_whether_protected_is_told_apart_from_who_is(said: bool | None, words: str) -> None:
    assert words in reason(explained(relocation(protected=said), agreed(protected="suspend")), 2)
    always = frozenset({"RELOCATE"})
    assert words in reason(explained(relocation(protected=said), agreed(protected="withhold", always=always)), 5)


@pytest.mark.parametrize(("kind", "before", "after", "was", "now"), [
    ("MOVE_IN_DOMESTIC", None, {}, "対象外（記録がない）", "対象者"),
    ("DEATH", {}, None, "対象者", "対象外（記録がない）"),
    ("RELOCATE", {}, {}, "対象者", "対象者"),
])  # fmt: skip
def test_no_record_is_outside(kind: str, before: Any, after: Any, was: str, now: str) -> None:
    given = [None if each is None else record(**each) for each in (before, after)]
    said = reason(explained(change(kind, *given), agreed()), 2)
    assert said == f"対象者は住民全員。変更前の記録は2026-04-01の時点で{was}。変更後の記録は2026-04-02の時点で{now}"


@pytest.mark.parametrize(("people", "words"), [
    (None, "住民全員"), (Population(), "住民全員"), (Population(age_to=18), "満18歳以下の住民"),
    (Population(40, 64), "満40歳以上満64歳以下の住民"), (Population(japanese=True), "日本国民"),
    (Population(age_from=20, japanese=False), "満20歳以上の外国人住民"),
])  # fmt: skip
def test_a_population_is_described(people: Population | None, words: str) -> None:
    assert described(people).ja == words


def test_rule_3_names_the_kind() -> None:
    assert reason(explained(relocation(), agreed()), 3) == "「転居」は知らせを受ける種類"
    deaf = agreed(hears=frozenset())
    assert reason(explained(relocation(), deaf), 3) == "「転居」は知らせを受ける種類（hears）にない"


def test_rule_3_says_where_it_is_waived() -> None:
    happened = change("EX_OFFICIO_CORRECTION", record(birth_date=OLD), record(birth_date="2015-01-01"))
    told = explained(happened, agreed(population=Population(age_to=18)))
    assert told.outcome == "entered"
    assert "種類を問わず" in reason(told, 3)


def test_rule_4_names_what_differs_and_only_that() -> None:
    assert reason(explained(relocation(), agreed()), 4) == "変わった項目：住所"


def test_rule_4_names_what_is_derived() -> None:
    happened = change("RELOCATE", record(nationality="KOR"), record())
    assert reason(explained(happened, agreed(items=("atena_no", "is_japanese"))), 4) == "変わった項目：日本国民か否か"


def test_rule_4_says_where_a_kind_is_always_told() -> None:
    told = explained(change("RELOCATE", record(), record()), agreed(always=frozenset({"RELOCATE"})))
    assert (told.outcome, "always" in reason(told, 4)) == ("inside", True)


def test_rule_4_does_not_ask_who_comes_or_goes() -> None:
    assert "問題にならない" in reason(explained(change("MOVE_IN_DOMESTIC", None, record()), agreed()), 4)


def test_rule_6_counts_the_items_and_of_who_left_names_the_identifier() -> None:
    assert reason(explained(relocation(), agreed()), 6).startswith("許された4項目")
    happened = change("RELOCATE", record(birth_date="2015-01-01"), record(birth_date=OLD))
    told = explained(happened, agreed(population=Population(age_to=18)))
    assert [each.item for each in told.told] == ["atena_no"]
    assert "「宛名番号」だけ" in reason(told, 6)


# The items


def test_every_item_told_has_the_articles_that_let_it_through() -> None:
    told = explain(relocation(), BOOK.contracts["prefecture"], BOOK, ON)
    articles = {each.name: [basis.name for basis in each.bases] for each in told.told}
    assert articles["住所"] == ["住基法30条の6第1項"]
    assert articles["個人番号"] == ["番号法19条7号"]
    assert [name for name, cited in articles.items() if not cited] == []


def test_an_item_says_whether_the_register_has_it() -> None:
    happened = change("RELOCATE", record(name=None, address=SOMEWHERE), record(name=None, address=ELSEWHERE))
    values = {each.item: each.has_value for each in explained(happened, agreed()).told}
    assert values == {"atena_no": True, "name": False, "address": True, "birth_date": True}


def test_what_differs_and_may_not_be_known_is_listed_whether_told_or_not() -> None:
    happened = change("RELOCATE", record(address=SOMEWHERE), record(address=ELSEWHERE, sex="1", honseki="架空県"))
    withheld = [("sex", False), ("honseki", True)]
    for contract in (agreed(conditional=("honseki",)), agreed(conditional=("honseki",), hears=frozenset())):
        told = explained(happened, contract)
        assert [(each.item, each.conditional) for each in told.withheld] == withheld


def test_a_grant_lets_an_item_through_from_its_day_and_is_named() -> None:
    grant = Grant("honseki", APPROVED, date(2026, 4, 2))
    contract = agreed(conditional=("honseki",), granted=(grant,))
    happened = change("RELOCATE", record(), record(honseki="架空県"))
    before, after = (explained(happened, contract, on) for on in (date(2026, 4, 1), ON))
    assert (before.outcome, before.grants) == ("nothing-changed", ())
    assert [each.item for each in before.withheld] == ["honseki"]
    assert (after.outcome, after.grants, after.withheld) == ("inside", (grant,), ())
    assert [each.grant for each in after.told] == [None] * 4 + [grant]
