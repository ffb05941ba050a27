"""異動の取消 and 回復: whatever a notice did is taken back, for everybody, and whoever has to hear of it does."""

from contextlib import suppress
from random import Random

import pytest

from contracts import book
from contracts.decide import Disclosure, decide
from producers.acts import ACTS
from producers.refusals import NoticeRefused
from tests.unit.producers.any_notice import MAKERS
from tests.unit.producers.register import ELSEWHERE, as_change
from tests.unit.producers.town import Town, check_history, check_households

TAKEN_BACK = {"decided_on": "2026-04-02", "ground": "誤り"}
KEPT = {"cancel", "restore", "move-out-confirmed", "move-out-due", "move-out-cancelled"}
"""Acts that need an earlier one: what they do is taken back in the cases below."""
CONTRACT = book.load().contracts["intermediate-server"]


def undo(town):
    """Take back the last notice by the last Change of it, or the last deletion."""
    filed = town.filed[-1]
    past = [one for history in town.past.values() for one in history if one.id in filed]
    deleted = next((one for one in past if one.after is None), None)
    named = deleted or past[-1]
    act = "restore" if named.after is None else "cancel"
    return town.file(act, change=str(named.id), **TAKEN_BACK)


def done_somewhere(act):
    """A town, what it was before, and what `act` did there: three of them."""
    found = []
    for seed in range(200):
        town, dice = Town(20, seed % 9), Random(seed)
        for earlier in ("birth", "move-in", "move-in", "protection-start"):
            town.file(earlier, **MAKERS[earlier](town, dice))
        before = dict(town.on)
        with suppress(NoticeRefused):
            found.append((town, before, town.file(act, **MAKERS[act](town, dice))))
        if len(found) == 3:
            return found
    raise AssertionError(act)


@pytest.mark.parametrize("act", sorted(set(ACTS) - KEPT))
def test_whatever_an_act_did_is_taken_back_whole(act):
    for town, before, done in done_somewhere(act):
        filed = set(town.filed[-1])
        undone = undo(town)
        assert town.on == before
        assert {draft.cancels for draft in undone} == filed
        assert {draft.resident for draft in undone} == {draft.resident for draft in done}
        named = {draft.cancels for draft in undone if draft.kind.startswith("EX_OFFICIO_")}
        assert named == filed
        check_history(town)
        check_households(town)


@pytest.mark.parametrize("act", ["head-change", "household-split", "protection-start", "my-number-request", "death"])
def test_the_intermediate_server_hears_of_what_is_taken_back(act):
    told = heard(act)
    assert told[0] == told[1] != set()


def heard(act):
    """Of whom the 中間サーバー hears when it happens, and of whom when it is taken back."""
    town, _, done = done_somewhere(act)[0]
    return [{draft.resident for draft in drafts if is_told(draft)} for drafts in (done, undo(town))]


def is_told(draft):
    change = as_change(draft)
    return isinstance(decide(change, CONTRACT, change.day), Disclosure)


def test_a_late_move_out_is_restored_with_its_plan_taken_back():
    town = Town(1, 8)
    (record,) = town.on.values()
    town.file("move-out", atena_nos=[record["atena_no"]], moves_on="2026-04-01", destination=ELSEWHERE)
    assert town.on == {}
    assert [draft.kind for draft in undo(town)] == ["EX_OFFICIO_ENTRY", "EX_OFFICIO_CORRECTION"]
    assert [*town.on.values()] == [record]


def test_newer_ones_are_taken_back_first_and_then_the_older_one():
    town = Town(1, 8)
    (record,) = town.on.values()
    for moved_on in ("2026-03-01", "2026-04-01"):
        town.file("relocate", atena_nos=[record["atena_no"]], moved_on=moved_on,
                  address=ELSEWHERE | {"number": moved_on})  # fmt: skip
    older, newer = (filed[0] for filed in town.filed)
    with pytest.raises(NoticeRefused, match="not-the-latest"):
        town.file("cancel", change=str(older), **TAKEN_BACK)
    for change in (newer, older):
        town.file("cancel", change=str(change), **TAKEN_BACK)
    assert [*town.on.values()] == [record]


def test_what_a_plan_was_made_under_is_not_brought_back_over_a_plan_taken_back():
    town = Town(1, 8)
    (record,) = town.on.values()
    atena_nos = [record["atena_no"]]
    town.file("move-out", atena_nos=atena_nos, moves_on="2026-04-30", destination=ELSEWHERE)
    town.file("relocate", atena_nos=atena_nos, moved_on="2026-04-01", address=ELSEWHERE)
    town.file("move-out-cancelled", atena_nos=atena_nos, decided_on="2026-04-02")
    with pytest.raises(NoticeRefused, match="not-the-latest"):
        town.file("cancel", change=str(town.filed[1][0]), **TAKEN_BACK)


def test_a_review_that_came_in_between_hinders_nobody():
    town = Town(1, 8)
    ((who, record),) = town.on.items()
    town.file("furigana", atena_no=record["atena_no"], changed_on="2026-04-01", name_furigana="レイ")
    town.past[who].append(type(town.past[who][0])(who, who, "POPULATION_REVIEW", town.on[who], town.on[who]))
    undo(town)
    assert [*town.on.values()] == [record]


def test_a_cancellation_is_not_cancelled():
    town = Town(1, 8)
    (record,) = town.on.values()
    town.file("furigana", atena_no=record["atena_no"], changed_on="2026-04-01", name_furigana="レイ")
    undo(town)
    with pytest.raises(NoticeRefused, match="cannot-be-cancelled"):
        undo(town)
