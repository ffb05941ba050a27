"""Databases of each test's own, and nothing on the broker."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.database import connect
from tests.house import House, made_databases
from tests.integration.replay.desk import Desk


@pytest.fixture
async def desk(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    with made_databases(house, tmp_path / "data") as settings:
        async with connect(settings.database, 8) as database:
            yield Desk(settings, database, monkeypatch)
