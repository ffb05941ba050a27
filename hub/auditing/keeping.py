"""What the process `jukihub run ledger` does for the audit: closes the counts of key uses, and counts late reviews."""

from datetime import datetime
from typing import Final

from hub import metrics, uses
from hub.auditing.policy import Policy, policy
from hub.auditing.reviewing import left
from hub.auditing.week import overdue
from hub.clock import now
from hub.config import Settings
from hub.database import Database
from hub.lifecycle import Process
from hub.patience import Patience

LOOKS: Final = 10.0
"""Seconds between two looks."""


async def keeping_it(settings: Settings, process: Process, database: Database, patience: Patience) -> None:
    """Until told to stop; raises what passes (PASSING)."""
    rules = policy(settings.auditing)
    patience.at_work()
    while not process.stopping.is_set():
        process.beat("audit")
        await once(database, rules, now())
        await process.wait(LOOKS)


async def once(database: Database, rules: Policy, at: datetime) -> None:
    """One look."""
    await uses.closed(database, at)
    metrics.REVIEWS_OVERDUE.set(len(overdue(await left(database, rules, at), rules.sign_days, at)))
