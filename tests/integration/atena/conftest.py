"""One database for all tests of a file, emptied before each: a fresh one for each would cost a second each time."""

from collections.abc import AsyncIterator, Iterator

import pytest

from hub.config import Settings
from hub.database import Database, connect
from producers.city import load
from tests.house import House, made_databases

_TRAIL = ("togo_trail", "togo_request")
_NUMBERS = (*_TRAIL, "atena_apart", "atena", "togo_former", "togo")
_REGISTER = ("outbox", "halted", "notice", "history", "resident", "household", "loaded")
_SEQUENCES = ("togo_place_seq", "outsider_no_seq", "togo_atena_no_seq", "atena_no_seq", "household_no_seq")


@pytest.fixture(scope="module")
def settings(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Both databases of this file."""
    with made_databases(house, tmp_path_factory.mktemp("atena") / "data") as settings:
        yield settings


@pytest.fixture
async def empty(settings: Settings) -> AsyncIterator[Database]:
    """A city of which nobody knows anybody yet."""
    async with connect(settings.registry_dsn, 10) as registry:
        await _clear(registry, (*_NUMBERS, *_REGISTER))
        for sequence in _SEQUENCES:
            await registry.execute(f"ALTER SEQUENCE registry.{sequence} RESTART")
        yield registry


@pytest.fixture
async def village(empty: Database) -> Database:
    """A register of 120, of whom nobody has been given a number here yet."""
    await load(empty, 120, 7)
    await _clear(empty, _NUMBERS)
    return empty


async def _clear(registry: Database, tables: tuple[str, ...]) -> None:
    async with registry.transaction() as tx:
        for table in _TRAIL:  # append-only for everybody but the owner of the tables
            await tx.execute(f"ALTER TABLE registry.{table} DISABLE TRIGGER append_only")
        await tx.execute(f"TRUNCATE {', '.join(f'registry.{table}' for table in tables)} CASCADE")
        for table in _TRAIL:
            await tx.execute(f"ALTER TABLE registry.{table} ENABLE TRIGGER append_only")
