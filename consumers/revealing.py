"""Seeing the values of one letter: one at a time, with a reason, and no more of them a day than the quota.

What is counted is counted before anything is shown, and in one transaction with the look at the quota, so that two
terminals of one person have one quota. The audit is the caller's (hub.acting), and is written before this begins.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from consumers.disclosure import Disclosure
from consumers.letters import found, opened_of
from hub.config import Settings
from hub.database import Database, queries
from hub.errors import NotPermitted
from hub.people import Person
from hub.wording import said

DAY: Final = timedelta(hours=24)

_SQL = queries(Path(__file__).with_name("revealing.sql"))


async def revealed(  # noqa: PLR0913 - which letter, who, why, when
    settings: Settings, database: Database, letter: UUID, person: Person, reason: str, now: datetime
) -> dict[str, Any]:
    """The values of one letter; NotPermitted beyond the quota, or where it does not open."""
    why = said(reason, "--reason")
    one, row = await found(database, letter)
    async with database.transaction() as held:
        await held.fetchval(_SQL["one_at_a_time"], str(person.id))
        seen = await held.fetchval(_SQL["seen"], person.id, now - DAY)
        if seen >= settings.reveals_a_day:
            raise NotPermitted("quota-used-up", "--reveal", f"{settings.reveals_a_day} letters in 24 hours")
        await held.execute(_SQL["count"], person.id, one.contract, letter, why, now)
    opened = await opened_of(settings, database, row)
    if not isinstance(opened, Disclosure):
        raise NotPermitted("does-not-open", "letter", "`jukihub letters show` says why")
    return {"id": str(letter), "contract": one.contract, "told": opened.state, "version": opened.version,
            "protected": opened.protected, "items": opened.items}  # fmt: skip
