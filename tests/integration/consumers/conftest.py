"""An inbox of its own for each test: one database for all of them, emptied before each."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from hub.database import Database, connect
from tests.house import House
from tests.integration.consumers.filed import Filed
from tests.store import Storage

NAME = "inbox_of_tests"
EMPTY = (
    "TRUNCATE inbox.offsets, inbox.disclosures, inbox.residents, inbox.gaps, inbox.reconciliations, hub.keys, "
    "hub.confirming RESTART IDENTITY"
)


@pytest.fixture(scope="session")
def inbox_dsn(house: House) -> str:
    asyncio.run(_made(house))
    return house.templates["hub"].replace("/hub?", f"/{NAME}?")


async def _made(house: House) -> None:
    async with connect(house.postgres, 1) as admin:
        await admin.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")  # of a house that was kept
        await admin.execute(f'CREATE DATABASE {NAME} TEMPLATE "hub" OWNER "hub"')


@pytest.fixture
async def database(inbox_dsn: str) -> AsyncIterator[Database]:
    async with connect(inbox_dsn, 6) as made:
        await made.execute(EMPTY)
        yield made


@pytest.fixture
async def filed(database: Database, server: Storage) -> Filed:
    """A contract with files, and a folder of its own on the storage."""
    await database.execute("TRUNCATE inbox.files")
    return Filed(database, server, uuid4().hex)
