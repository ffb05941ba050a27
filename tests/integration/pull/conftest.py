"""A city from which is fetched, for every test: databases of its own, nothing on a broker."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import office as offices
from tests.house import House
from tests.integration.pull.program import City, opened
from tests.office import Office, cheap_passwords


@pytest.fixture
async def office(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    cheap_passwords(monkeypatch)
    async with offices.opened(house, tmp_path) as made:
        yield made


@pytest.fixture
async def city(office: Office) -> AsyncIterator[City]:
    async with opened(office) as made:
        yield made
