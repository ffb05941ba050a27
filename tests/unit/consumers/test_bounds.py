"""An inbox that is full reads no more, says so once, and reads on when there is room: nothing is dropped."""

from typing import Any

import pytest
import structlog

from consumers.bounds import LOOK_AGAIN, Room, is_full
from hub import metrics

CONTRACT = "prefecture"


class Counted:
    """A database that knows one figure, and how often it was asked for it."""

    def __init__(self, unsettled: int) -> None:
        self.unsettled = unsettled
        self.asked = 0

    async def fetchval(self, _sql: str, *_args: Any) -> int:
        self.asked += 1
        return self.unsettled


class Line:
    """A room of ten, its database and its clock."""

    def __init__(self, unsettled: int = 0) -> None:
        self.at = 0.0
        self.database = Counted(unsettled)
        self.room = Room(self.database, CONTRACT, 10, lambda: self.at)  # type: ignore[arg-type]

    async def free_at(self, unsettled: int) -> int:
        self.at += LOOK_AGAIN
        self.database.unsettled = unsettled
        return await self.room.free()


@pytest.mark.parametrize(
    ("unsettled", "was_full", "full"),
    [(0, False, False), (9, False, False), (10, False, True), (11, False, True),
     (10, True, True), (9, True, False), (8, True, False)],
)  # fmt: skip
def test_the_bound_is_kept_and_does_not_flutter(unsettled: int, was_full: bool, full: bool) -> None:
    assert is_full(unsettled, 10, was_full) is full


async def test_no_more_is_taken_in_than_there_is_room_for() -> None:
    line = Line(unsettled=7)
    before = await line.room.free()
    line.room.take(3)
    assert (before, await line.free_at(10)) == (3, 0)


async def test_a_full_inbox_reads_on_when_a_tenth_is_free() -> None:
    line = Line(unsettled=10)
    assert [await line.room.free(), await line.free_at(10), await line.free_at(9)] == [0, 0, 1]


async def test_it_counts_only_when_the_room_may_be_used_up_and_once_per_second_while_full() -> None:
    line = Line(unsettled=0)
    for _ in range(5):
        await line.room.free()
    assert line.database.asked == 1
    line.room.take(10)
    line.database.unsettled = 10
    for _ in range(5):
        await line.room.free()
    assert line.database.asked == 2


async def test_entering_and_leaving_are_told_once_each_and_the_gauge_says_which_it_is() -> None:
    line, gauge = Line(unsettled=10), metrics.INBOX_FULL.labels(CONTRACT)
    seen = []
    with structlog.testing.capture_logs() as logs:
        for unsettled in (10, 12, 10, 5, 4):
            await line.free_at(unsettled)
            line.room.take(10)
            seen.append(gauge._value.get())
    assert seen == [1, 1, 1, 0, 0]
    assert [(one["event"], one["log_level"], one["count"]) for one in logs] == [
        ("inbox-full", "warning", 10), ("inbox-has-room", "warning", 5),
    ]  # fmt: skip
