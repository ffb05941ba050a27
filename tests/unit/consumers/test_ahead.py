"""What is opened a few turns early: only for a moment, only while it is in hand, and never instead of a refusal."""

from typing import Any, Final
from uuid import UUID

import pytest

from consumers.ahead import FRESH_SECONDS, LOT, Ahead
from consumers.disclosure import Disclosure
from consumers.opening import Plain, Sealed
from consumers.settle import Head
from hub.outcome import Refused


def head(number: int) -> Head:
    return Head(UUID(int=number), bytes(16), 0, number.to_bytes(4, "big"), 0, False, None)


HEADS: Final = [head(number) for number in range(100)]
REFUSED: Final = Refused("altered-token")


def said(number: int) -> Disclosure:
    return Disclosure(UUID(int=number), "prefecture", 1, "inside", {})


class Opening:
    """An opener that notes what it opened together and alone. `bad`: what is refused."""

    def __init__(self, bad: int = -1) -> None:
        self.bad = bad
        self.together: list[list[int]] = []
        self.alone: list[int] = []

    async def open_all(self, sealed: list[Sealed]) -> list[Plain | None]:
        numbers = [int.from_bytes(one[0], "big") for one in sealed]
        self.together.append(numbers)
        return [None if number == self.bad else Plain(1, said(number)) for number in numbers]

    async def open(self, token: bytes, _partition: int, _subject: bytes) -> Any:
        self.alone.append(int.from_bytes(token, "big"))
        return REFUSED


def coming(after: int) -> Any:
    return lambda count: HEADS[after + 1 : after + 1 + count]


def ahead(opening: Opening) -> tuple[Ahead, list[float]]:
    at = [0.0]
    return Ahead(opening, lambda: at[0]), at  # type: ignore[arg-type]


async def test_each_is_what_it_holds_and_many_are_opened_at_a_time() -> None:
    opening = Opening()
    early, _ = ahead(opening)
    assert [await early.take(HEADS[n], coming(n)) for n in range(LOT + 1)] == [said(n) for n in range(LOT + 1)]
    assert [len(lot) for lot in opening.together] == [LOT, LOT]


async def test_what_is_not_plainly_right_is_opened_alone() -> None:
    opening = Opening(bad=3)
    early, _ = ahead(opening)
    assert [await early.take(HEADS[n], coming(n)) for n in (2, 3, 4)][1] == REFUSED
    assert (len(opening.together), opening.alone) == (1, [3])


@pytest.mark.parametrize(("seconds", "lots"), [(FRESH_SECONDS, 1), (FRESH_SECONDS * 1.01, 2)])
async def test_what_was_opened_a_while_ago_is_opened_again(seconds: float, lots: int) -> None:
    opening = Opening()
    early, at = ahead(opening)
    await early.take(HEADS[0], coming(0))
    at[0] = seconds
    assert await early.take(HEADS[1], coming(1)) == said(1)
    assert len(opening.together) == lots


async def test_what_is_not_in_hand_any_more_is_not_kept() -> None:
    early, _ = ahead(Opening())
    await early.take(HEADS[0], coming(0))
    early.forget(HEADS)
    assert early._opened == {}
