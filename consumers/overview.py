"""A plan as it is shown: where it stands, what deciding again came to, how far it is, and each letter if asked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consumers import plans
from consumers.plan_state import Stand
from consumers.plans import Plan, Progress
from hub.config import Settings
from hub.database import Database


@dataclass(frozen=True, slots=True)
class Overview:
    """`letters`: None where they were not asked for."""

    plan: Plan
    stand: Stand
    progress: Progress
    summary: list[dict[str, Any]]
    letters: list[dict[str, Any]] | None

    def as_json(self) -> dict[str, Any]:
        """For machines: ids as text, times in RFC 3339; nothing of a resident."""
        one, where = self.plan, self.stand
        said: dict[str, Any] = {
            "plan": str(one.id), "contract": one.contract, "contract_hash": one.contract_hash, "filter": one.filter,
            "reason": one.reason, "planned_by": str(one.planned_by), "planned_at": one.planned_at.isoformat(),
            "hash": one.digest.hex(), "state": where.state, "code": where.code,
            "approved_by": str(where.approved_by) if where.approved_by else None,
            "until": where.until.isoformat() if where.until else None,
            "progress": self.progress.as_json(), "summary": self.summary,
        }  # fmt: skip
        return said if self.letters is None else {**said, "letters": [_letter(each) for each in self.letters]}


async def of(
    settings: Settings, database: Database, plan: Plan, now: datetime, *, every_letter: bool = False
) -> Overview:
    """What there is to say of a plan."""
    return Overview(
        plan, await plans.where(database, plan, plans.times(settings), now),
        await plans.progress(database, plan.id), await plans.summary(database, plan.id),
        await plans.results(database, plan.id) if every_letter else None,
    )  # fmt: skip


def _letter(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: row[name].isoformat() if row[name] else None for name in ("handed_at", "ended_at")}
    return {**row, "letter": str(row["letter"]), **times}
