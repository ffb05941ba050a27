"""Recalls as they are kept: planned by one person, approved by another, noticed, and confirmed item by item."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

from contracts.change import JAPAN
from contracts.recall import Why
from hub.database import Database, queries
from hub.errors import UsageError
from hub.recall.planning import Plan

SQL: Final = queries(Path(__file__).with_suffix(".sql"))

State = Literal["waiting", "void", "approved", "noticed", "overdue", "confirmed"]


@dataclass(frozen=True, slots=True)
class Recall:
    """One recall. `confirmed`: items of which the subscriber has said what it did; `due_on`: once it was noticed;
    `planner`, `approver`: the accounts that did."""

    id: UUID
    contract: str
    why: Why
    items: frozenset[str]
    plan: Plan
    reason: str
    planned_by: str
    expires_at: datetime
    is_asker_retired: bool
    approved_by: str | None
    approved_at: datetime | None
    noticed_at: datetime | None
    due_on: date | None
    confirmed: frozenset[str]
    planner: UUID | None = None
    approver: UUID | None = None
    is_approver_retired: bool = False

    @property
    def counts(self) -> bool:
        """Whether it is approved: by somebody in office until its notice is there."""
        return self.approved_at is not None and (self.noticed_at is not None or not self.is_approver_retired)

    @property
    def open(self) -> frozenset[str]:
        """The items that nobody has confirmed."""
        return self.items - self.confirmed

    def state(self, now: datetime) -> State:
        """How it stands."""
        if self.approved_by is None:
            return "void" if self.is_asker_retired or self.expires_at <= now else "waiting"
        if not self.counts:
            return "void"
        if self.due_on is None:
            return "approved"
        if not self.open:
            return "confirmed"
        return "overdue" if self.due_on < now.astimezone(JAPAN).date() else "noticed"

    def as_json(self, now: datetime) -> dict[str, Any]:
        """For machines: ids as text, times in RFC 3339."""
        return {
            "recall": str(self.id), "contract": self.contract, "why": self.why, "state": self.state(now),
            "reason": self.reason, "planned_by": self.planned_by, "expires_at": self.expires_at.isoformat(),
            "approved_by": self.approved_by, "noticed_at": self.noticed_at.isoformat() if self.noticed_at else None,
            "due_on": self.due_on.isoformat() if self.due_on else None, "open": sorted(self.open),
            "plan": self.plan.said, "plan_sha256": self.plan.hash,
        }  # fmt: skip


async def recalls(database: Database) -> list[Recall]:
    """Every one, in the order in which they were planned."""
    return [_recall(row) for row in await database.fetch(SQL["recalls"], None)]


async def recall(database: Database, number: UUID) -> Recall:
    """The one of this id; UsageError where there is none."""
    row = await database.fetchrow(SQL["recalls"], number)
    if row is None:
        raise UsageError("unknown-recall", "ID", "`jukihub recall show` names them")
    return _recall(row)


def _recall(row: Mapping[str, Any]) -> Recall:
    return Recall(
        UUID(int=row["id"].int), row["contract"], row["why"], frozenset(row["items"]), Plan(bytes(row["content"])),
        row["reason"], row["name"], row["expires_at"], row["is_retired"], row["approved_by"], row["ordered_at"],
        row["issued_at"], row["due_on"], frozenset(row["confirmed"]),
        row["requested_by"], row["approver"], row["is_approver_retired"],
    )  # fmt: skip
