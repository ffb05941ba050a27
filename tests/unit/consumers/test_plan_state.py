"""Where a plan stands, and what may be done from there."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from consumers.plan_state import Event, Times, check_approvable, check_movable, check_runnable, stand
from hub.errors import ApprovalRequired, NotPermitted

PLANNED = datetime(2026, 4, 1, 9, tzinfo=UTC)
TIMES = Times(timedelta(hours=24), timedelta(hours=72))
KATO = UUID(int=2)


def events(*whats: str, hours: float = 1) -> list[Event]:
    return [Event(what, "", KATO, PLANNED + timedelta(hours=hours), b"") for what in whats]


STATES: dict[tuple[tuple[str, ...], float], str] = {
    ((), 0): "planned", ((), 23.9): "planned", ((), 24): "expired",
    (("approved",), 1): "approved", (("approved",), 72.9): "approved", (("approved",), 73): "expired",
    (("approved", "begun"), 2): "running", (("approved", "begun", "paused"), 2): "paused",
    (("approved", "begun", "paused", "resumed"), 2): "running", (("approved", "begun"), 73): "expired",
    (("approved", "begun", "finished"), 99): "finished", (("approved", "begun", "cancelled"), 99): "cancelled",
    (("approved", "voided"), 2): "voided", (("cancelled",), 99): "cancelled",
}  # fmt: skip


@pytest.mark.parametrize("case", STATES, ids=str)
def test_a_plan_stands_where_its_events_and_the_clock_say(case: tuple[tuple[str, ...], float]) -> None:
    whats, hours = case
    assert stand(events(*whats), PLANNED, TIMES, PLANNED + timedelta(hours=hours)).state == STATES[case]


RUNNABLE = {"approved", "running", "paused"}


@pytest.mark.trap("D12")
@pytest.mark.parametrize("case", STATES, ids=str)
def test_only_an_approved_plan_that_has_not_ended_runs_and_only_a_new_one_is_approved(
    case: tuple[tuple[str, ...], float],
) -> None:
    whats, hours = case
    found = stand(events(*whats), PLANNED, TIMES, PLANNED + timedelta(hours=hours))
    assert _passes(check_runnable, found) == (found.state in RUNNABLE)
    assert _passes(check_approvable, found) == (found.state == "planned")


MOVES = {
    "paused": {"running"}, "resumed": {"paused"}, "cancelled": {"planned", "approved", "running", "paused"},
}  # fmt: skip


@pytest.mark.parametrize("what", MOVES)
@pytest.mark.parametrize("case", STATES, ids=str)
def test_a_plan_is_paused_resumed_and_cancelled_where_that_has_a_meaning(
    case: tuple[tuple[str, ...], float], what: str
) -> None:
    whats, hours = case
    found = stand(events(*whats), PLANNED, TIMES, PLANNED + timedelta(hours=hours))
    assert _passes(lambda one: check_movable(one, what), found) == (found.state in MOVES[what])


def _passes(check: object, found: object) -> bool:
    try:
        check(found)  # type: ignore[operator]
    except (NotPermitted, ApprovalRequired):
        return False
    return True
