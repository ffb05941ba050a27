"""The notices of one morning: in their form, the same for the same seed, with every scene that the demo needs."""

from collections import Counter
from datetime import date

import pytest

from producers import notices
from producers.morning import morning
from producers.synthetic.households import city

DAY = date(2026, 11, 24)


def test_the_same_seed_gives_the_same_morning():
    assert list(morning(7, DAY)) == list(morning(7, DAY))


@pytest.mark.parametrize("seed", [*range(1, 12), 42, 2026])
def test_every_kind_of_act_is_there_and_in_its_form(seed):
    acts = {notices.read(notice).act for notice in morning(seed, DAY)}
    assert {"move-in", "relocate", "move-out", "birth", "death", "head-change", "protection-start"} == acts


def test_receipts_are_used_once():
    assert {1} == set(Counter(notice["receipt"] for notice in morning(7, DAY)).values())


def test_somebody_already_protected_moves():
    guarded = {record["atena_no"] for home in city(1000, 7) for _, record in home.members if record["protected"]}
    moves = [set(notice["atena_nos"]) for notice in morning(7, DAY) if notice["act"] == "relocate"]
    assert any(movers <= guarded for movers in moves)


def test_somebody_changes_twice_in_a_row():
    moves = [tuple(notice["atena_nos"]) for notice in morning(7, DAY) if notice["act"] == "relocate"]
    assert max(Counter(moves).values()) == 2


def test_the_new_head_comes_into_a_household_of_at_least_three():
    change = next(notice for notice in morning(7, DAY) if notice["act"] == "head-change")
    assert len(change["relationships"]) >= 2
