"""The notice to cease use (利用停止通知): what to delete or return, until when to confirm, and to whom; signed once.

It says what the plan says, and no value of a resident. Its digest goes onto the ledger as a confirmation, and so does
that of what the subscriber confirms: `jukihub ledger prove ID` finds both.
"""

from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from contracts.change import JAPAN
from contracts.recall import Term
from hub import confirmed
from hub.config import Settings
from hub.database import Database
from hub.errors import UsageError
from hub.recall.orders import SQL, Recall
from hub.retention.signing import Signed, signed

TYPE: Final = "juki-hub/recall-notice/1"
ON_THE_LEDGER: Final = "hub:recalls"
"""Stands in its line where others name a contract."""
NOTICED: Final = "recall-noticed"
CONFIRMED: Final = "recall-confirmed"


def document(one: Recall, system: str, term: Term, now: datetime) -> dict[str, Any]:
    """What the notice says."""
    plan = one.plan.said
    return {
        "type": TYPE, "id": str(one.id), "system": system, "plan_sha256": one.plan.hash,
        **{name: plan[name] for name in (
            "contract", "subscriber", "purpose", "why", "items", "residents", "tellings", "set_sha256", "confirm_to"
        )},
        "issued_at": now.astimezone(UTC).isoformat(), "issued_on": _day(now).isoformat(),
        "confirm_until": term.ends(_day(now)).isoformat(), "article": term.name, "certainty": term.certainty,
    }  # fmt: skip


async def issued(settings: Settings, database: Database, one: Recall, term: Term, now: datetime) -> Signed:
    """The notice of an approved recall; the first that was issued, whoever asks again."""
    made = signed(settings, document(one, settings.system, term, now))
    kept = one.id, made.content, made.key, made.signature, now, term.ends(_day(now))
    async with database.transaction() as held:
        if await held.execute(SQL["notice"], *kept):
            line = (one.id, ON_THE_LEDGER, settings.partitions, NOTICED, made.content, now)
            await confirmed.note(held, *line)
    return await noticed(database, one.id)


async def noticed(database: Database, number: UUID) -> Signed:
    """The notice as it was issued; UsageError where none was."""
    row = await database.fetchrow(SQL["noticed"], number)
    if row is None:
        raise UsageError("not-noticed", "ID", "`jukihub recall run` writes the notice")
    return Signed(bytes(row["content"]), bytes(row["key"]), bytes(row["signature"]))


def _day(now: datetime) -> date:
    return now.astimezone(JAPAN).date()
