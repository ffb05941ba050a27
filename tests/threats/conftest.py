"""An office with databases of its own for each test, with the journal of destroyed keys in memory; and the stage."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.house import House
from tests.journal import Journal
from tests.office import Office, cheap_passwords, opened
from tests.threats.stage import Stage, staged


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> Journal:
    return Journal().stand_in(monkeypatch)


@pytest.fixture
async def office(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: Journal
) -> AsyncIterator[Office]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as office:
        yield office


@pytest.fixture(scope="module")
def stage(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(house, tmp_path_factory.mktemp("threats")) as made:
        yield made
