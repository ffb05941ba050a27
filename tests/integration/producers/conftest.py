"""A registry of its own for each test: a fresh database, cloned from one that is migrated once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

import producers
from hub.database import Database, connect
from hub.migrate import migrate
from producers.city import load
from tests.integration.producers.server import Server

MIGRATIONS = Path(producers.__file__).parent / "migrations"
TEMPLATE = "registry_template"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.started(tmp_path_factory.mktemp("registry")) as running:
        asyncio.run(_prepared(running))
        yield running


async def _prepared(running: Server) -> None:
    async with connect(running.dsn(), 1) as admin:
        await admin.execute(f"CREATE DATABASE {TEMPLATE}")
    await migrate(running.dsn(TEMPLATE), MIGRATIONS, "registry")


@pytest.fixture
async def dsn(server: Server) -> AsyncIterator[str]:
    name = f"registry_{uuid4().hex}"
    async with connect(server.dsn(), 1) as admin:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        yield server.dsn(name)
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    """The registry of a village of 120."""
    async with connect(dsn, 10) as registry:
        await load(registry, 120, 7)
        yield registry
