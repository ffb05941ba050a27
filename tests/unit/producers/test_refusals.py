"""Every code with which a notice is refused is provoked, and each has a sentence for the clerk."""

import re
from pathlib import Path

import pytest

import producers
from producers import notices, received
from producers.acts import ACTS
from producers.notices.examples import EXAMPLES
from producers.refusals import REMARKS, SENTENCES, NoticeRefused
from tests.unit.producers.register import (
    ELSEWHERE,
    FAMILY,
    LEAVING,
    NEIGHBOUR,
    NUMBERS,
    VILLAGE,
    newcomer,
    person,
    recorded,
    view,
)

REGISTER = view(*VILLAGE)
RELATED = recorded(1, "RELATIONSHIP_CHANGED", person(3, relationship="姪"), FAMILY[2])
AGAIN = recorded(2, "RELATIONSHIP_CHANGED", FAMILY[2], person(3, relationship="孫"))
UNDONE = recorded(2, "EX_OFFICIO_CORRECTION", FAMILY[2], FAMILY[2], cancels=RELATED.id)
DIED = recorded(1, "DEATH", NEIGHBOUR, None)
FIRST_LOAD = recorded(1, "SNAPSHOT", None, FAMILY[2])
WIFE_DIED = recorded(1, "DEATH", FAMILY[1], None)

TABLE = [
    ("not-on-register", "death", {"atena_no": "99", "new_head": None, "relationships": {}}, REGISTER),
    ("already-on-register", "move-in", {"persons": [newcomer(1)]}, REGISTER),
    ("unknown-household", "household-merge", {"household_no": "99"}, REGISTER),
    ("different-households", "protection-start", {"atena_nos": ["1", "4"], "other_parties": []}, REGISTER),
    ("same-household", "household-change", {"household_no": "1"}, REGISTER),
    ("one-head-needed", "ex-officio-entry", {"persons": [newcomer(70, "子")]}, REGISTER),
    ("one-head-needed", "relocate", {"head": None}, REGISTER),
    ("head-exists", "birth", {"child": newcomer(70)}, REGISTER),
    ("head-exists", "relationship-change", {"atena_nos": ["1"], "relationships": {"1": "妻"}}, REGISTER),
    ("head-exists", "relationship-change", {"relationships": {"3": "世帯主"}}, REGISTER),
    ("new-head-needed", "ex-officio-delete", {"atena_nos": ["1"]}, REGISTER),
    ("new-head-needed", "household-split", {"atena_nos": ["1"], "head": "1"}, REGISTER),
    ("new-head-not-needed", "ex-officio-delete", {"atena_nos": ["3"], "new_head": "2"}, REGISTER),
    ("new-head-not-a-member", "death", {"new_head": "4"}, REGISTER),
    ("household-changed-since", "restore", {}, view(NEIGHBOUR, former=(FAMILY[1],), past=(WIFE_DIED,))),
    ("nobody-stays", "household-split", {"atena_nos": ["4"], "head": "4"}, REGISTER),
    ("not-the-whole-household", "household-merge", {"atena_nos": ["3"], "household_no": "2"}, REGISTER),
    ("not-the-whole-household", "minor-correction", {"atena_nos": ["1"]}, REGISTER),
    ("the-whole-household", "household-change", {"atena_nos": ["4"], "household_no": "1"}, REGISTER),
    ("different-addresses", "household-merge", {}, view(*FAMILY, person(4, household=2, head=4, address=ELSEWHERE))),
    ("already-head", "head-change", {"new_head": "1"}, REGISTER),
    ("relationship-missing", "death", {"relationships": {}}, REGISTER),
    ("relationship-missing", "household-merge", {"movers": {}}, REGISTER),
    ("relationship-missing", "relationship-change", {"relationships": {}}, REGISTER),
    ("not-a-member", "head-change", {"relationships": {"1": "夫", "3": "子", "4": "友人"}}, REGISTER),
    ("named-twice", "protection-start", {"atena_nos": ["1", "1"], "other_parties": []}, REGISTER),
    ("already-planned", "move-out-abroad", {}, view(LEAVING)),
    ("not-planned", "move-out-cancelled", {}, REGISTER),
    ("card-needed", "move-in", {"special": {"card_presented": False, "planned_on": "2026-04-01"}}, REGISTER),
    ("card-needed", "move-out", {"special": {"card_presented": False}}, REGISTER),
    ("special-too-late", "move-in", {"moved_on": "2026-03-18"}, REGISTER),
    ("special-too-late", "move-in", {"special": {"card_presented": True, "planned_on": "2026-03-02"}}, REGISTER),
    ("only-for-japanese", "former-surname", {"atena_no": "5"}, REGISTER),
    ("only-for-japanese", "honseki-correction", {"atena_no": "5"}, REGISTER),
    ("only-for-japanese", "electoral-roll", {"atena_no": "5"}, REGISTER),
    ("only-for-japanese", "nationality-lost", {"atena_no": "5"}, REGISTER),
    ("only-for-japanese", "ex-officio-correction",
     {"atena_nos": ["5"], "items": {"resident_since": "2020-01-01"}}, REGISTER),
    ("only-for-japanese", "move-in", {"persons": [newcomer(nationality="VNM", honseki="見本県")]}, REGISTER),
    ("only-for-foreigners", "naturalization", {"atena_no": "1"}, REGISTER),
    ("only-for-foreigners", "residence-status", {"atena_no": "1"}, REGISTER),
    ("only-for-foreigners", "alias", {"atena_no": "1"}, REGISTER),
    ("only-for-foreigners", "move-in-abroad", {"persons": [newcomer()], "had_address": True}, REGISTER),
    ("only-for-foreigners", "move-in", {"persons": [newcomer(residence_card_no="ZZ")]}, REGISTER),
    ("category-missing", "move-in-abroad", {"persons": [newcomer(nationality="VNM")]}, REGISTER),
    ("one-person-only", "minor-correction", {"items": {"name": "見本　例号"}}, REGISTER),
    ("nothing-changes", "ex-officio-correction", {"items": {"name": "見本　1号"}}, REGISTER),
    ("nothing-changes", "relationship-change", {"relationships": {"3": "子"}}, REGISTER),
    ("nothing-changes", "nationality-correction", {"nationality": "VNM"}, REGISTER),
    ("nothing-changes", "my-number-request", {"my_number": NUMBERS.my_number(1)}, REGISTER),
    ("nothing-to-remove", "former-surname", {"former_surname": None}, REGISTER),
    ("nothing-to-remove", "alias", {"alias_name": None}, REGISTER),
    ("alias-exists", "alias", {}, view(person(5, nationality="VNM", alias_name="見本"))),
    ("not-kana", "furigana", {"name_furigana": "見本"}, REGISTER),
    ("has-number", "my-number-entry", {"atena_no": "1"}, REGISTER),
    ("has-number", "juminhyo-code-entry", {"atena_no": "1"}, REGISTER),
    ("has-no-number", "my-number-correction", {"atena_no": "6"}, REGISTER),
    ("has-no-number", "juminhyo-code-request", {"atena_no": "6"}, REGISTER),
    ("has-no-number", "card-request", {"atena_no": "6"}, REGISTER),
    ("number-taken", "my-number-entry", {"my_number": NUMBERS.my_number(4)}, REGISTER),
    ("number-taken", "my-number-request", {"my_number": NUMBERS.my_number(4)}, view(*FAMILY, former=(NEIGHBOUR,))),
    ("under-age", "electoral-roll", {"atena_no": "4"}, REGISTER),
    ("unknown-change", "cancel", {}, REGISTER),
    ("already-cancelled", "cancel", {}, view(*FAMILY, past=(RELATED, UNDONE), together=(RELATED,))),
    ("not-the-latest", "cancel", {}, view(*FAMILY, past=(RELATED, AGAIN), together=(RELATED,))),
    ("cannot-be-cancelled", "cancel", {}, view(*FAMILY, past=(FIRST_LOAD,))),
    ("restore-instead", "cancel", {}, view(former=(NEIGHBOUR,), past=(DIED,))),
    ("cancel-instead", "restore", {}, view(*FAMILY, past=(RELATED,))),
    ("other-party-unknown", "protection-start", {"other_parties": [{"atena_no": "99"}]}, REGISTER),
    ("other-party-unnamed", "protection-start", {"other_parties": [{}]}, REGISTER),
    ("other-party-unnamed", "protection-start", {"other_parties": [{"atena_no": "1", "name": "見本"}]}, REGISTER),
    ("other-party-is-applicant", "protection-start", {"other_parties": [{"atena_no": "2"}]}, REGISTER),
    ("too-early", "protection-extend", {"decided_on": "2026-03-19"}, REGISTER),
    ("already-over", "protection-extend", {"ends_on": "2026-04-20"}, REGISTER),
    ("already-over", "protection-extend", {},
     view(person(7, protected=True, dv_protection={"ends_on": "2025-04-01"}))),
    ("already-protected", "protection-start", {"atena_nos": ["7"]}, REGISTER),
    ("not-protected", "protection-end", {"atena_nos": ["1"]}, REGISTER),
]  # fmt: skip
OF_THE_FORM = {"unknown-act", "missing-field", "unknown-field", "bad-value", "not-yet-happened"}
"""Provoked in test_notices.py."""
OF_NUMBERS = {"needs-merge", "my-number-of-another", "proved-another"}
"""Of 団体内統合宛名, which the counter follows: provoked in test_atena_decide.py."""
OF_THE_COUNTER = {"reused-receipt", "too-busy"}
"""Provoked on a real PostgreSQL, in tests/integration/producers."""


@pytest.mark.parametrize(("code", "act", "stated", "register"), TABLE, ids=[f"{row[0]}-{row[1]}" for row in TABLE])
def test_what_the_law_refuses_is_refused_with_its_code(code, act, stated, register):
    notice = notices.read({**EXAMPLES[act], **stated})
    with pytest.raises(NoticeRefused) as refused:
        ACTS[act](notice, register)
    assert code == refused.value.code


def test_every_code_is_provoked_and_none_is_without_a_sentence():
    assert set(SENTENCES) == {row[0] for row in TABLE} | OF_THE_FORM | OF_THE_COUNTER | OF_NUMBERS


def test_no_code_is_raised_that_has_no_sentence():
    sources = [path.read_text() for path in Path(producers.__file__).parent.rglob("*.py")]
    raised = {code for text in sources for code in re.findall(r'NoticeRefused\(\s*"([a-z-]+)"', text)}
    assert raised <= {*SENTENCES, *received.SENTENCES}


def test_every_sentence_and_every_remark_is_one_for_a_clerk():
    for text in [*SENTENCES.values(), *REMARKS.values()]:
        assert text.endswith("。")
        assert not re.search("[a-z]", text)
