"""Whatever notices come in whatever order: one head per household, every Change passes the door, nothing is lost."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.acts import ACTS
from producers.refusals import NoticeRefused
from tests.unit.producers.any_notice import MAKERS
from tests.unit.producers.town import Town, check_history, check_households, check_numbers

STEPS = st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 2**32)), max_size=30)


def step(town, act, seed):
    """File one notice; its code where it is refused."""
    try:
        town.file(act, **MAKERS[act](town, Random(seed)))
    except NoticeRefused as refused:
        return refused.code
    check_households(town)
    check_numbers(town)
    return None


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(1, 3), steps=STEPS)
def test_whatever_is_filed_leaves_a_register_in_order(seed, steps):
    town = Town(14, seed)
    for act, dice in steps:
        step(town, act, dice)
    check_history(town)


@pytest.fixture(scope="module")
def years():
    """Many notices of every act, in an order that chance decides, in five towns; how each was answered."""
    answers = {act: Counter() for act in ACTS}
    for seed in range(1, 6):
        dice, town = Random(seed), Town(30, seed)
        for _ in range(8):
            for act in dice.sample(sorted(ACTS), len(ACTS)):
                answers[act][step(town, act, dice.getrandbits(32))] += 1
        check_history(town)
    return answers


@pytest.mark.parametrize("act", sorted(ACTS))
def test_each_act_is_accepted_often_enough_for_the_orders_to_mean_something(years, act):
    assert years[act][None] >= 5, years[act]
