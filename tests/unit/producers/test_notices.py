"""The form of a 届出 is strict, and its refusals say nothing of what was written."""

from datetime import date

import pytest

from producers import notices
from producers.acts import ACTS
from producers.refusals import SENTENCES, NoticeRefused, sentence

DEATH = {"receipt": "R-1", "act": "death", "notified_on": "2026-04-02", "atena_no": "1", "died_on": "2026-04-01"}


def refused(value):
    with pytest.raises(NoticeRefused) as caught:
        notices.read(value)
    return caught.value.code, caught.value.place


def test_every_notice_has_an_act():
    assert set(notices.NOTICES) == set(ACTS)


@pytest.mark.parametrize("value", [None, [], "death", {"act": "marry"}, {"act": ["death"]}])
def test_an_unknown_act_is_refused(value):
    assert refused(value) == ("unknown-act", "act")


@pytest.mark.parametrize(
    ("expected", "changed"),
    [
        (("missing-field", "atena_no"), {"atena_no": ...}),
        (("bad-value", "atena_no"), {"atena_no": 12}),
        (("bad-value", "atena_no"), {"atena_no": "１２"}),
        (("bad-value", "died_on"), {"died_on": "2026-02-30"}),
        (("bad-value", "notified_on"), {"notified_on": {"year": 2026}}),
        (("bad-value", "receipt"), {"receipt": "R 1"}),
        (("unknown-field", ""), {"秘密の見本": "x"}),
    ],
)
def test_a_fault_is_named_by_field_and_code_alone(expected, changed):
    value = {name: entry for name, entry in (DEATH | changed).items() if entry is not ...}
    assert expected == refused(value)


@pytest.mark.trap("V2")
def test_no_value_and_no_unknown_name_travels_with_the_refusal():
    with pytest.raises(NoticeRefused) as caught:
        notices.read(DEATH | {"架空の欄": "架空の値", "atena_no": "架空の番号"})
    assert "架空" not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"


@pytest.mark.trap("input-07")
def test_an_event_of_tomorrow_is_not_notified_today():
    with pytest.raises(NoticeRefused, match="not-yet-happened"):
        notices.read(DEATH).check_day(date(2026, 3, 31))


def test_a_move_out_is_notified_before_it_happens():
    leaving = {"receipt": "R-1", "act": "move-out", "notified_on": "2026-04-02", "atena_nos": ["1"],
               "moves_on": "2026-05-01", "destination": {"text": "例示台"}}  # fmt: skip
    notices.read(leaving).check_day(date(2026, 4, 2))


def test_every_code_has_a_sentence_and_a_foreign_code_has_the_general_one():
    assert all(text.endswith("。") for text in SENTENCES.values())
    assert sentence("bad-check-digit").endswith("。")
