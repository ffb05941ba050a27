"""One city hall for all stories of a file; each story has people of its own."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.duties.hall import Hall, opened
from tests.house import House, made_world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hall(house: House, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hall]:
    """Everything running, nobody registered."""
    with made_world(house, tmp_path_factory.mktemp("hall") / "data", whole=True) as world:
        async with opened(world, tmp_path_factory.mktemp("line")) as made:
            yield made
