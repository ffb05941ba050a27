"""Whose turn it is on the line: never more than there is room for, and a quarter at most for what is replayed."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.settle import Head
from consumers.turns import Turns

PLAN = uuid4()


def head(number: int, *, replayed: bool = False) -> Head:
    return Head(UUID(int=number), number.to_bytes(16, "big"), 0, b"", 0, False, None, PLAN if replayed else None)


def taken(turns: Turns) -> list[Head]:
    found = []
    while (one := turns.take()) is not None:
        found.append(one)
    return found


@pytest.mark.parametrize(("parallel", "replayed"), [(1, 1), (3, 1), (8, 2), (16, 4)])
def test_what_is_replayed_has_its_quarter_and_the_living_traffic_the_rest(parallel: int, replayed: int) -> None:
    turns = Turns(parallel)
    turns.put([head(number) for number in range(20)] + [head(number, replayed=True) for number in range(20, 40)])
    assert [one.plan for one in taken(turns)] == [PLAN] * replayed + [None] * (parallel - replayed)


def test_where_nothing_lives_what_is_replayed_has_no_more_than_its_quarter() -> None:
    turns = Turns(8)
    turns.put([head(number, replayed=True) for number in range(9)])
    assert len(taken(turns)) == 2


@given(st.lists(st.sampled_from(["living", "replayed", "take", "end", "back"]), max_size=60))
def test_whatever_happens_there_is_never_more_on_the_line_than_has_room_and_nobody_is_lost(steps: list[str]) -> None:
    turns, on_it, waiting = Turns(5), list[Head](), list[Head]()
    for number, step in enumerate(steps):
        if step in ("living", "replayed"):
            waiting.append(head(number, replayed=step == "replayed"))
            turns.put(waiting[-1:])
        elif step == "take" and (one := turns.take()) is not None:
            waiting.remove(one)
            on_it.append(one)
        elif step == "end" and on_it:
            turns.ended(on_it.pop(0))
        elif step == "back":
            assert sorted(one.id for one in turns.put_back()) == sorted(one.id for one in waiting)
            waiting = []
        assert len(on_it) <= 5
        assert sum(one.plan is not None for one in on_it) <= 1
    assert turns.on_the_line == len(on_it)


def test_the_living_have_their_turns_in_the_order_in_which_they_came() -> None:
    turns = Turns(8)
    turns.put([head(number) for number in range(5)])
    assert [one.id.int for one in taken(turns)] == [0, 1, 2, 3, 4]
