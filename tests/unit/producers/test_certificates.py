"""Which copy of the 住民票 goes to whom with what on it, and every way that would lead to a hidden address."""

from dataclasses import replace
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from producers.certificates import decision, page, wording
from producers.certificates.decision import Asked, Asker, Basis, Copy, Facts, Refused, Subject
from producers.certificates.items import ITEMS, NUMBERS, SPECIAL
from producers.certificates.page import Issue
from producers.certificates.refusals import SENTENCES
from producers.household import Person
from producers.protected import OtherParties
from tests.unit.producers.register import ELSEWHERE, person

SHELTER = {"text": "見本県見本市隠町3番3号"}
FIRST = {"previous_address": ELSEWHERE, "notified_date": "2020-05-01", "honseki": "見本県見本市見本町一番地"}
HEAD, WIFE, CHILD = (
    person(1, **FIRST), person(2, relationship="妻", **FIRST), person(3, relationship="子", **FIRST),
)  # fmt: skip
FORMER = person(9, household=9, head=9, name="見本　元夫", birth_date="1978-01-01")
FROM_FORMER = OtherParties(frozenset({FORMER.resident}), ({"name": "見本　元夫", "birth_date": "1978-01-01"},))
FROM_HEAD = OtherParties(frozenset({HEAD.resident}))
THIRD = Asker(name="見本　次郎", address="見本市", purpose="債権の保全")
ORGAN = Asker(name="見本　係長", organ="見本税務署", purpose="国税徴収法")


def own(who: Person = HEAD, *special: str, **more: Any) -> Asked:
    return Asked(Basis.OWN, Asker(who), frozenset(special), **more)


def protected(who: Person, parties: OtherParties = FROM_FORMER, **changed: Any) -> Subject:
    return Subject(replace(who, record={**who.record, "protected": True, **changed}), parties)


def told(asked: Asked, *subjects: Subject, head: Subject | None = None, hidden: frozenset[str] = frozenset()) -> Any:
    outcome = decision.decide(asked, Facts(subjects, head, hidden))
    return outcome.code if isinstance(outcome, Refused) else outcome


def rows(copy: Any, at: int = 0) -> dict[str, str]:
    assert isinstance(copy, Copy), copy
    return {row.item: row.text for row in copy.persons[at]}


SUBJECT, MEMBER = Subject(HEAD), Subject(WIFE)
FOREIGN = person(
    4, household=4, head=4, nationality="見本国", alias_name="見本　愛", residence_expiry="2027-03-31",
    residence_status={"status": "留学", "period": "２年"}, art30_45_category="中長期在留者", residence_card_no="ZZ1ZZ",
    foreign_resident_since="2024-01-05", birth_date="1999-12-31",
    alias_history=[{"alias": "見本　愛", "entered_on": "2024-01-05"}],
)  # fmt: skip


def test_without_a_special_request_the_items_of_12_5_are_left_out() -> None:
    """7条4号, 5号, 8号の2 to 14号; of foreigners nationality and stay."""
    assert list(rows(told(own(), SUBJECT))) == [
        "name", "former_surname", "name_furigana", "birth_date", "sex", "resident_since", "address",
        "address_fixed_date", "notified_date", "previous_address",
    ]  # fmt: skip
    assert list(rows(told(own(FOREIGN), Subject(FOREIGN)))) == [
        "name", "former_surname", "alias_name", "name_furigana", "birth_date", "sex", "address", "address_fixed_date",
        "notified_date", "previous_address", "foreign_resident_since",
    ]  # fmt: skip


@pytest.mark.parametrize("special", SPECIAL)
def test_each_special_request_adds_its_own_items_and_no_others(special: str) -> None:
    for who in (HEAD, FOREIGN):
        basic, more = rows(told(own(who), Subject(who))), rows(told(own(who, special), Subject(who)))
        added = {item.id for item in ITEMS if item.asked == special and item.belongs_to(who.record)}
        assert more.keys() - basic.keys() == added
        assert basic.items() <= more.items()


def test_the_rows_stand_in_the_order_of_the_law() -> None:
    order = [item.id for item in ITEMS]
    for who in (HEAD, FOREIGN):
        found = list(rows(told(own(who, *SPECIAL), Subject(who))))
        assert found == [item for item in order if item in found]


def test_a_head_has_the_fact_alone_and_a_member_the_name_and_the_relationship() -> None:
    copy = told(own(HEAD, "household", whole=True), SUBJECT, MEMBER)
    assert [(rows(copy, at)["household_head_name"], rows(copy, at)["relationship_to_head"]) for at in (0, 1)] == [
        ("世帯主", ""), ("見本　1号", "妻"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "subjects", "code"),
    [
        (own(), (), "not-on-register"),
        (own(), (Subject(HEAD, removal=("DEATH", "2026-04-01")),), "not-on-register"),
        (own(removed=True), (SUBJECT,), "not-removed"),
        (own(removed=True), (Subject(HEAD, removal=("DEATH", None)), Subject(WIFE, removal=("DEATH", None))),
         "one-removed"),
        (own(), (SUBJECT, Subject(FOREIGN)), "different-households"),
        (own(FOREIGN), (SUBJECT,), "not-entitled"),
        (Asked(Basis.OWN, Asker(name="見本　1号")), (SUBJECT,), "not-entitled"),
        (own(WIFE, removed=True), (Subject(HEAD, removal=("DEATH", None)),), "not-entitled"),
        (Asked(Basis.THIRD, replace(THIRD, purpose=None)), (SUBJECT,), "purpose-missing"),
        (Asked(Basis.THIRD, replace(THIRD, address=None)), (SUBJECT,), "purpose-missing"),
        (Asked(Basis.ORGAN, replace(ORGAN, organ=None)), (SUBJECT,), "purpose-missing"),
        (Asked(Basis.THIRD, THIRD, frozenset({"household"})), (SUBJECT,), "basic-items-only"),
        (Asked(Basis.ORGAN, ORGAN, frozenset({"my-number"})), (SUBJECT,), "numbers-not-for-others"),
        (Asked(Basis.ORGAN, ORGAN, frozenset({"juminhyo-code"})), (SUBJECT,), "numbers-not-for-others"),
    ],
)  # fmt: skip
def test_what_the_law_does_not_give_is_refused(asked: Asked, subjects: tuple[Subject, ...], code: str) -> None:
    assert told(asked, *subjects) == code


def test_members_ask_for_each_other_and_organs_have_what_they_ask_for_but_numbers() -> None:
    assert rows(told(own(WIFE), SUBJECT))["name"] == "見本　1号"
    asked = Asked(Basis.ORGAN, ORGAN, frozenset({*SPECIAL}) - NUMBERS)
    assert rows(told(asked, SUBJECT))["honseki"] == FIRST["honseki"]
    assert "my_number" in rows(told(own(WIFE, "my-number"), SUBJECT))


WAYS: dict[str, tuple[Asked, tuple[Subject, ...], dict[str, Any]]] = {
    "directly, as a member of the household": (own(HEAD), (protected(WIFE, FROM_HEAD),), {}),
    "by the household's copy": (own(HEAD, whole=True), (SUBJECT, protected(WIFE, FROM_HEAD)), {}),
    "by the name of the head": (own(CHILD, "household"), (Subject(CHILD),), {
        "head": protected(HEAD, OtherParties(frozenset({CHILD.resident})))}),
    "as a third person with a number": (Asked(Basis.THIRD, replace(THIRD, person=FORMER)), (protected(WIFE),), {}),
    "as a third person by name": (Asked(Basis.THIRD, replace(THIRD, name="見本 元夫")), (protected(WIFE),), {}),
    "as an organ's official by name": (Asked(Basis.ORGAN, replace(ORGAN, name="見本元夫")), (protected(WIFE),), {}),
    "although somebody let it pass": (
        Asked(Basis.THIRD, replace(THIRD, person=FORMER), examined=True), (protected(WIFE),), {}),
    "by a child that lives there": (
        Asked(Basis.THIRD, replace(THIRD, person=FORMER)), (Subject(replace(CHILD, record={
            **CHILD.record, "address": SHELTER})),), {"hidden": frozenset({SHELTER["text"]})}),
    "by the 除票 of whoever left": (Asked(Basis.THIRD, replace(THIRD, person=FORMER), removed=True), (replace(
        protected(WIFE, move_out_destination=SHELTER), removal=("MOVE_OUT_DOMESTIC", "2026-04-01")),), {}),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_nothing_about_a_protected_person_reaches_the_other_party(way: str) -> None:
    asked, subjects, more = WAYS[way]
    assert told(asked, *subjects, **more) == "refused-by-law"


def test_the_other_party_has_their_own_copy_still() -> None:
    wife = protected(WIFE, FROM_HEAD)
    assert rows(told(own(HEAD), SUBJECT, head=wife))["name"] == "見本　1号"


@pytest.mark.parametrize(
    ("asked", "subject", "code"),
    [
        (own(WIFE), protected(WIFE), None),
        (own(HEAD), protected(WIFE), None),
        (own(HEAD), protected(WIFE, OtherParties()), "examine-first"),
        (own(HEAD), protected(WIFE, OtherParties(), protected=None), "examine-first"),
        (Asked(Basis.THIRD, THIRD), protected(WIFE), "examine-first"),
        (Asked(Basis.ORGAN, ORGAN), protected(WIFE), "examine-first"),
        (Asked(Basis.THIRD, THIRD, examined=True), protected(WIFE), None),
    ],
)
def test_a_protected_persons_copy_goes_to_others_after_somebody_has_looked(
    asked: Asked, subject: Subject, code: str | None
) -> None:
    outcome = told(asked, subject)
    assert (outcome if isinstance(outcome, str) else None) == code


def test_where_a_protected_person_lived_before_is_on_their_own_copy_alone_and_its_absence_shows_nowhere() -> None:
    asked = {"self": own(WIFE), "member": own(HEAD), "third": Asked(Basis.THIRD, THIRD, examined=True)}
    copies = {who: told(one, protected(WIFE)) for who, one in asked.items()}
    assert {who: rows(copy)["previous_address"] for who, copy in copies.items()} == {
        "self": ELSEWHERE["text"], "member": "", "third": "",
    }  # fmt: skip
    never = told(own(HEAD), Subject(person(2, relationship="妻")))
    assert rows(copies["member"]).keys() == rows(never).keys()
    assert (copies["member"].withheld, "withheld" in repr(copies["member"])) == (
        {"previous_address", "notified_date", "move_out_destination"}, False,
    )  # fmt: skip


def test_where_somebody_is_hidden_now_is_no_earlier_address_on_a_copy_that_the_other_party_gets() -> None:
    """A child that came back to the other party's household has the shelter as its 従前の住所."""
    child = Subject(replace(CHILD, record={**CHILD.record, "previous_address": SHELTER}))
    copy = told(own(HEAD), child, hidden=frozenset({SHELTER["text"]}))
    assert (rows(copy)["previous_address"], rows(copy)["notified_date"]) == ("", "")
    assert rows(told(own(HEAD), child))["previous_address"] == SHELTER["text"]


def test_of_a_removed_record_the_reason_the_day_and_where_to() -> None:
    gone = replace(HEAD, record={**HEAD.record, "move_out_destination": ELSEWHERE})
    copy = told(own(gone, removed=True), Subject(gone, removal=("MOVE_OUT_DOMESTIC", "2026-04-01")))
    found = rows(copy)
    assert (found["change_reason"], found["removal_date"], found["move_out_destination"]) == (
        "転出", "令和8年4月1日", ELSEWHERE["text"],
    )  # fmt: skip
    assert page.certified(copy) == "この写しは、除票の原本と相違ないことを証明する。"


@given(
    asker=some.sampled_from([HEAD, WIFE, CHILD, FORMER]),
    basis=some.sampled_from([*Basis]),
    special=some.frozensets(some.sampled_from(SPECIAL)),
    whole=some.booleans(), examined=some.booleans(), by_number=some.booleans(),
    hides_from=some.lists(some.sampled_from([HEAD, WIFE, CHILD, FORMER]), unique_by=id),
)  # fmt: skip
def test_whatever_is_asked_the_other_party_never_sees_a_protected_persons_row(
    asker: Person, basis: Basis, special: frozenset[str], whole: bool, examined: bool, by_number: bool,
    hides_from: list[Person],
) -> None:  # fmt: skip
    parties = OtherParties(
        frozenset(one.resident for one in hides_from if one is not WIFE),
        tuple({"name": one.record["name"], "birth_date": one.record["birth_date"]} for one in hides_from),
    )
    hidden = protected(WIFE, parties if asker is not WIFE else FROM_FORMER)
    said = Asker(asker if by_number or basis is Basis.OWN else None, asker.record["name"],
                 asker.record["birth_date"], "見本市", "見本税務署", "用")  # fmt: skip
    asked = Asked(basis, said, special, whole, examined=examined)
    subjects = (SUBJECT, hidden, Subject(CHILD)) if whole else (hidden,)
    outcome = decision.decide(asked, Facts(subjects, SUBJECT, frozenset()))
    if asker in hides_from and asker is not WIFE:
        assert isinstance(outcome, Refused)
    if isinstance(outcome, Copy) and basis is not Basis.OWN:
        assert not {"my_number", "juminhyo_code"} & {*outcome.items}


@pytest.mark.parametrize(
    ("value", "western", "expected"),
    [
        ("2019-04-30", False, "平成31年4月30日"), ("2019-05-01", False, "令和元年5月1日"),
        ("1989-01-07", False, "昭和64年1月7日"), ("1926-12-25", False, "昭和元年12月25日"),
        ("1912-07-29", False, "明治45年7月29日"), ("1999-12-31", True, "1999年12月31日"),
        ({"year": 1933, "month": 5, "day": None, "text": "昭和8年5月日不詳"}, False, "昭和8年5月日不詳"),
        ({"year": 1933, "month": 5, "day": None}, False, "昭和8年5月日不詳"),
        ({"year": 1933, "month": None, "day": None}, True, "1933年月不詳日不詳"),
        ({"year": None, "month": 5, "day": 1}, False, "年月日不詳"), (None, False, ""),
    ],
)  # fmt: skip
def test_a_date_is_written_as_it_is_known(value: Any, western: bool, expected: str) -> None:
    assert wording.day(value, western) == expected


class Cells(HTMLParser):
    """What a reader sees, per row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[tuple[str, list[str]]] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append((dict(attributes)["data-item"], []))

    def handle_data(self, data: str) -> None:
        if self.rows and self.tags[-1] in {"th", "td"} and data.strip():
            self.rows[-1][1].append(data)


def test_the_page_shows_what_the_data_say_and_loads_nothing() -> None:
    nasty = replace(HEAD, record={**HEAD.record, "name": "<script>見本</script>&葛\U000e0100"})
    copy = told(own(nasty, "honseki"), Subject(nasty))
    text = page.page(copy, Issue("N-1", "2026-04-02", "見本市長"))
    seen = Cells(text)
    assert [(item, cells[1:]) for item, cells in seen.rows if len(cells) <= 2 or item == "name"] == [
        (row.item, [row.text] if row.text else []) for row in copy.persons[0]
    ]
    assert {"script", "img", "link", "a"}.isdisjoint(seen.tags)
    assert ("size: A4" in text, "令和8年4月2日" in text, "withheld" in text) == (True, True, False)


def test_every_refusal_has_a_sentence_that_says_nobody_is_protected() -> None:
    source = Path(decision.__file__).read_text(encoding="utf-8")
    assert {code for code in SENTENCES if f'"{code}"' in source} == {*SENTENCES}
    assert [text for text in SENTENCES.values() if "支援措置" in text or "保護" in text] == []


def test_two_persons_are_one_page_each_in_its_table() -> None:
    copy = told(own(whole=True), SUBJECT, MEMBER)
    text = page.page(copy, Issue("N-1", "2026-04-02", "見本市長"))
    assert (text.count("<table>"), "世帯全員の住民票の原本" in text) == (2, True)


def test_the_right_article_is_written_down() -> None:
    found = {Asked(basis, THIRD, removed=removed).article for basis, removed in product(Basis, (False, True))}
    assert len(found) == 6
