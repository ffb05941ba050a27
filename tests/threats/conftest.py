"""An office with databases of its own for each test, and the journal of destroyed keys in memory."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub import destroyed, erasure
from tests.house import House
from tests.journal import Journal
from tests.office import Office, cheap_passwords, opened


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> Journal:
    made = Journal()
    monkeypatch.setattr(destroyed, "journal", made.read)
    monkeypatch.setattr(erasure.bus, "writer", made.writing)
    return made


@pytest.fixture
async def office(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: Journal
) -> AsyncIterator[Office]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as office:
        yield office
