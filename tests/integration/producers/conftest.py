"""A registry of its own for each test: a fresh database, cloned from the one that the house has migrated."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from hub.database import Database, connect
from producers.city import load
from tests.house import House


@pytest.fixture
async def dsn(house: House) -> AsyncIterator[str]:
    """An empty registry."""
    name = f"registry_{uuid4().hex[:12]}"
    async with connect(house.postgres, 1) as admin:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE registry OWNER registry STRATEGY file_copy")
        yield house.templates["registry"].replace("/registry?", f"/{name}?")
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    """The registry of a village of 120."""
    async with connect(dsn, 10) as registry:
        await load(registry, 120, 7)
        yield registry
