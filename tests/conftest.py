"""What tests ask for by name: `house`, the servers of this session, and `world`, everything that one test has alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import House, World, made_world, standing


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """A real Kafka and a real PostgreSQL, started when the first test asks for them."""
    with standing() as house:
        yield house


@pytest.fixture
def world(house: House, tmp_path: Path) -> Iterator[World]:
    """Topics, rights and databases of this test alone, on the session's servers."""
    with made_world(house, tmp_path / "data") as world:
        yield world
