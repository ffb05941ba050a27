"""What tests ask for by name: `house`, the servers of this session, and as much of them as they need.

`world` is everything that one test has alone, with five contracts; `whole` is one with all of them, and costs the
broker a second or two more. `shared` is a whole one for all tests of a file that leave it as they found it;
`databases` are a test's own, with nothing on the broker, in a tenth of a second.
"""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.config import Settings
from tests.house import House, World, made_databases, made_world, standing
from tests.processes import Processes

# whoever runs the tests may have logged in somewhere: that login is of no database of theirs
os.environ["HUB_TOKEN_FILE"] = str(Path(__file__).parent / "no-login")


def pytest_collection_finish() -> None:
    """Thousands of collected tests live to the end: the collector need not look at them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """A real Kafka and a real PostgreSQL, started when the first test asks for them."""
    with standing() as house:
        yield house


@pytest.fixture
def world(house: House, tmp_path: Path) -> Iterator[World]:
    """Topics, rights and databases of this test alone, on the session's servers; five contracts."""
    with made_world(house, tmp_path / "data") as world:
        yield world


@pytest.fixture
def whole(house: House, tmp_path: Path) -> Iterator[World]:
    """The same with every contract."""
    with made_world(house, tmp_path / "data", whole=True) as world:
        yield world


@pytest.fixture(scope="module")
def shared(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all tests of a file, none of which leaves anything in it that another would notice."""
    with made_world(house, tmp_path_factory.mktemp("shared") / "data", whole=True) as world:
        yield world


@pytest.fixture
def databases(house: House, tmp_path: Path) -> Iterator[Settings]:
    """Fresh databases; nothing on the broker."""
    with made_databases(house, tmp_path / "data") as settings:
        yield settings


@pytest.fixture
def processes(world: World, tmp_path: Path) -> Iterator[Processes]:
    """Processes of this test's world, and the stand-ins of its counterparts, running; all of them end with it."""
    made = Processes(world.env, tmp_path)
    made.standins()
    yield made
    made.stop()
