"""A database of its own for each test, with the schemas of hub and inbox."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from hub.database import Database, connect
from hub.migrate import migrate

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    dsn = "postgresql://postgres:@/{}?host=/tmp/dk/pg"
    name = f"test_{uuid4().hex}"
    async with connect(dsn.format("postgres"), size=1) as admin:
        await admin.execute(f"CREATE DATABASE {name}")
        for room, schema in (("hub", "hub"), ("consumers", "inbox")):
            await migrate(dsn.format(name), ROOT / room / "migrations", schema)
        async with connect(dsn.format(name), size=6) as made:
            yield made
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
