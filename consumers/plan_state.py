"""Where a plan stands, from what was written down about it. Pure; the clock is passed in.

    planned ──approve──▶ approved ──run──▶ running ⇄ paused
       │                    │                 │
       └─ expired           └─ expired        └─▶ finished · cancelled · voided · expired

A plan is good once: what has ended, for whatever reason, is never run again. The approval has to come within its own
time, and everything has to be handed over within another one after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hub.errors import ApprovalRequired, NotPermitted

ENDS: Final = frozenset({"cancelled", "voided", "finished"})


@dataclass(frozen=True, slots=True)
class Event:
    """One line about a plan. `person`: None where the hub itself noticed; `digest`: of the set that was approved."""

    what: str
    code: str
    person: UUID | None
    at: datetime
    digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """How long a plan may wait for its approval, and how long an approval is good."""

    approval: timedelta
    execution: timedelta


@dataclass(frozen=True, slots=True)
class Stand:
    """`state` is one of the picture above; `code` why it was voided; `until` when it expires."""

    state: str
    code: str
    approved_by: UUID | None
    digest: bytes | None
    until: datetime | None

    @property
    def may_hand_over(self) -> bool:
        return self.state in ("approved", "running")


def stand(events: Sequence[Event], planned_at: datetime, times: Times, now: datetime) -> Stand:
    """Where a plan stands now. `events`: in the order in which they were written."""
    approved = next((one for one in events if one.what == "approved"), None)
    until = approved.at + times.execution if approved else planned_at + times.approval
    by, digest = (approved.person, approved.digest) if approved else (None, None)
    ended = next((one for one in events if one.what in ENDS), None)
    if ended:
        return Stand(ended.what, ended.code, by, digest, None)
    return Stand("expired" if now >= until else _open(events), "", by, digest, until)


def _open(events: Sequence[Event]) -> str:
    last = events[-1].what if events else "planned"
    return {"begun": "running", "resumed": "running"}.get(last, last)


def check_approvable(found: Stand) -> None:
    """NotPermitted where there is nothing to approve."""
    if found.state != "planned":
        code = f"plan-{found.state}"
        raise NotPermitted(code, "plan", "Make a new plan" if found.state != "approved" else "")


def check_runnable(found: Stand) -> None:
    """ApprovalRequired without an approval; NotPermitted for a plan that has ended."""
    if found.state == "planned":
        raise ApprovalRequired("plan-not-approved", "plan", "`jukihub replay approve` by somebody else")
    if found.state in ENDS or found.state == "expired":
        code = f"plan-{found.state}"
        raise NotPermitted(code, "plan", "Make a new plan")


def check_movable(found: Stand, what: str) -> None:
    """NotPermitted where a plan cannot be paused, resumed or cancelled from where it stands."""
    allowed = {"paused": ("running",), "resumed": ("paused",)}.get(what, ("planned", "approved", "running", "paused"))
    if found.state not in allowed:
        code = f"plan-{found.state}"
        raise NotPermitted(code, "plan", "`jukihub replay show` says where it is")
