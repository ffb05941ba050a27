"""Stopping a feed in a test: the row that a person leaves, and a clock that is put on instead of being waited for."""

from collections.abc import Callable
from datetime import date, datetime
from types import SimpleNamespace
from typing import Final
from uuid import uuid4

import pytest

from hub import stops
from hub.database import Database

DAY: Final = date(2026, 5, 1)


async def stop(database: Database, contract: str, on: date = DAY, at: datetime | None = None) -> None:
    """As `jukihub recall stop` leaves it."""
    name = f"p{uuid4().hex[:8]}"
    await database.execute(
        """INSERT INTO hub.people (id, name, duties, password, provisional, made_at)
        VALUES ($1, $2, '{operator}', 'x', false, now())""", uuid4(), name,
    )  # fmt: skip
    await database.execute(
        """INSERT INTO hub.stops (contract, stopped_on, stopped_at, stopped_by, reason)
        SELECT $1, $2, coalesce($4, now()), p.id, 'it is over' FROM hub.people p WHERE p.name = $3""",
        contract, on, name, at,
    )  # fmt: skip


def clocked(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """The beat of every process by a clock that stands; the function puts it on by so many seconds."""
    at = [1000.0]
    monkeypatch.setattr(stops, "time", SimpleNamespace(monotonic=lambda: at[0]))  # not the clock of everybody else

    def on(seconds: float) -> None:
        at[0] += seconds

    return on
