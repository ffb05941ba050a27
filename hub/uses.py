"""Which process has used which content key on which day, and how often: entries of the audit without a person.

The first use of a day is an entry before the process has the key; what cannot be noted is not opened. Further uses are
counted in memory, put into the database with each look at the keys (every few seconds while there is work), and become
one more entry when the day is over, so that a million tokens are two lines. A process that is killed loses the count of
its last seconds, and never the entry that says that it used the key.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from contracts.change import JAPAN
from hub.audit import BEGUN, DONE
from hub.database import Database, queries
from hub.people import Act

LATE: Final = timedelta(hours=1)
"""How long after a day its counts are still waited for."""

_SQL = queries(Path(__file__).with_suffix(".sql"))


class Uses:
    """Those of one process. `process`: its principal."""

    def __init__(self, database: Database, process: str, now: Callable[[], datetime]) -> None:
        self._database, self._process, self._now = database, process, now
        self._counts: Counter[tuple[date, str]] = Counter()
        self._one_by_one = asyncio.Lock()  # who comes second does not go on before the first has noted both

    def take(self, kid: str, times: int = 1) -> None:
        """The key is used once more, or several times."""
        self._counts[self._now().astimezone(JAPAN).date(), kid] += times

    async def noted(self) -> None:
        """Put down what was counted; where that fails it is kept for the next time."""
        async with self._one_by_one:
            await self._put_down()

    async def _put_down(self) -> None:
        counts, self._counts = self._counts, Counter()
        try:
            for day in sorted({day for day, _ in counts}):
                of_day = {kid: count for (on, kid), count in counts.items() if on == day}
                await self._database.execute(
                    _SQL["used"], day, self._process, [*of_day], [*of_day.values()], Act.KEY_USE, BEGUN, self._now()
                )
                for kid in of_day:
                    del counts[day, kid]
        finally:
            self._counts.update(counts)


async def closed(database: Database, now: datetime) -> int:
    """Enter the counts of days that are over into the audit; how many entries."""
    last = (now - LATE).astimezone(JAPAN).date() - timedelta(days=1)
    return await database.execute(_SQL["closed"], last, Act.KEY_USE, DONE, now)
