"""What the tests of inputs ask for: the whole way in memory, and databases and a line to a counterpart of their own."""

from collections.abc import AsyncIterator

import pytest

from hub import bus
from hub.config import Settings
from hub.database import Database, connect
from producers.city import load
from tests.house import World
from tests.inputs.memory import WholeWay
from tests.integration.test_router_on_kafka import Line


@pytest.fixture
async def way() -> WholeWay:
    return await WholeWay.open()


@pytest.fixture
async def database(databases: Settings) -> AsyncIterator[Database]:
    """The hub's, with an inbox."""
    async with connect(databases.database, 6) as made:
        yield made


@pytest.fixture
async def registry(databases: Settings) -> AsyncIterator[Database]:
    """The register of a village of 60."""
    async with connect(databases.registry_dsn, 10) as made:
        await load(made, 60, 7)
        yield made


@pytest.fixture
async def line(world: World) -> AsyncIterator[Line]:
    """A world with its keys, and a relay that puts Changes on the real topic."""
    async with connect(world.settings.database) as database, bus.writer(world.settings, "relay") as writer:
        yield Line(world, database, writer)
