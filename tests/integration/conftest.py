"""One object storage for all tests of a session: each has a folder of its own on it, and finds good weather."""

from collections.abc import Iterator

import pytest

from tests.store import Storage, storage


@pytest.fixture(scope="session")
def storage_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """The server, started when the first test asks for it."""
    with storage(tmp_path_factory.mktemp("storage")) as made:
        yield made


@pytest.fixture
def server(storage_server: Storage) -> Storage:
    """The same in good weather."""
    storage_server.clear()
    return storage_server
