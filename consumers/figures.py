"""The figures of one contract: what waits, since when, how long a protection took. Asked of the database, exactly."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from hub import metrics
from hub.database import Database
from hub.standing import Standing, protected, standing


class Figures:
    """Says how a contract stands; while the database is away the last figures stay.

    `overdue`: the time of what could be delivered and is not, None where it is not late yet.
    """

    def __init__(
        self, database: Database, contract: str,
        overdue: Callable[[datetime | None], datetime | None] = lambda oldest: oldest,
    ) -> None:  # fmt: skip
        self._database = database
        self._contract = contract
        self._overdue = overdue

    async def once(self) -> None:
        """One look."""
        (found,) = await standing(self._database, [self._contract])
        show(replace(found, oldest_due=self._overdue(found.oldest_due)))
        held, oldest = await protected(self._database, self._contract)
        for seconds in held:
            metrics.PROTECTION_SECONDS.labels(self._contract).observe(seconds)
        metrics.OLDEST_PROTECTION.labels(self._contract).set(_seconds(oldest))


def show(found: Standing) -> None:
    """Set the gauges of one contract."""
    figures = {
        metrics.WAITING: found.waiting, metrics.DEAD_LETTERS: found.dead, metrics.BEHIND: found.behind,
        metrics.UNARRIVED: found.unarrived, metrics.UNRECORDED: found.unrecorded,
        metrics.OLDEST_UNDELIVERED: _seconds(found.oldest), metrics.OLDEST_DELIVERABLE: _seconds(found.oldest_due),
        metrics.OLDEST_BEHIND: _seconds(found.oldest_behind), metrics.OLDEST_DEAD_LETTER: _seconds(found.oldest_dead),
    }  # fmt: skip
    for gauge, figure in figures.items():
        gauge.labels(found.contract).set(figure)


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else 0
