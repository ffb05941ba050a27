"""An inbox of its own for each test: a fresh database, cloned from the one that is migrated once in a session."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from tests.house import House

from hub.database import Database, connect


@pytest.fixture
async def database(house: House) -> AsyncIterator[Database]:
    name = f"inbox_{uuid4().hex}"
    async with connect(house.postgres, 1) as admin:
        await admin.execute(f'CREATE DATABASE {name} TEMPLATE "hub" OWNER "hub" STRATEGY file_copy')
        async with connect(house.templates["hub"].replace("/hub?", f"/{name}?"), 6) as made:
            yield made
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
