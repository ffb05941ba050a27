"""How much the daily run should have ended and has not, so that a timer which does not run is noticed.

Counted is what a rule alone ends and what was due yesterday already, and only where no run was completed within TERM:
what a rule may end only since an hour ago, because the last of its day was delivered then, waits for the next run and
is not late. What cannot be asked counts as one: a register that is away keeps the daily run from its end as well.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from contracts.book import Book
from contracts.change import JAPAN
from contracts.errors import JukiError
from contracts.retention import Rule, rules
from hub import metrics
from hub.audit import DONE
from hub.config import Settings
from hub.database import Database, queries
from hub.people import Act
from hub.retention.due import due
from hub.retention.rooms import ROOMS

TERM: Final = timedelta(hours=26)
"""A run a day, and two hours for one that begins later than that of the day before."""

_SQL = queries(Path(__file__).with_suffix(".sql"))


async def overdue(database: Database, registry: str, book: Book, own: Mapping[str, Rule], now: datetime) -> int:
    """How many keys and rows. `registry`: where the register's own tables are."""
    if await _was_run(database, now):
        return 0
    yesterday = now.astimezone(JAPAN).date() - timedelta(days=1)
    alone = [(key, rule) for key, rule in own.items() if rule.ends == "by-rule"]
    return sum([await _left(database, registry, book, {key: rule}, yesterday) for key, rule in alone])


async def show(settings: Settings, database: Database, book: Book, now: datetime) -> None:
    """Set the figure."""
    try:
        own = rules(settings.contracts)
    except JukiError:  # the rules cannot be read, and so no run reads them
        metrics.RETENTION_OVERDUE.set(0 if await _was_run(database, now) else 1)
        return
    metrics.RETENTION_OVERDUE.set(await overdue(database, settings.registry_dsn, book, own, now))


async def _was_run(database: Database, now: datetime) -> bool:
    return bool(await database.fetchval(_SQL["completed"], now - TERM, Act.RETENTION_RUN, DONE))


async def _left(database: Database, registry: str, book: Book, one: Mapping[str, Rule], yesterday: date) -> int:
    try:
        return sum(each.count for each in await due(database, registry, book, one, yesterday) if not each.why)
    except JukiError:
        if all(rule.holds in ROOMS for rule in one.values()):
            return 1
        raise
