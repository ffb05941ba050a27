"""What the watch believes: a record that tells more than the archive has moves no mark and no tally."""

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from hub.database import Database, connect
from hub.watching.counting import count
from tests.house import House, made_databases

ONE = {"told_at": 1.8e9, "recorded_at": 1.8e9}


@pytest.fixture
async def database(house: House, tmp_path: Path) -> AsyncIterator[Database]:
    with made_databases(house, tmp_path / "data") as settings:
        async with connect(settings.database, 1) as database:
            yield database


async def archived(database: Database, *seqs: int) -> None:
    for seq in seqs:
        await database.execute(
            "INSERT INTO hub.told VALUES ('tax', 0, $1, gen_random_uuid(), gen_random_uuid(), 'inside', '{}', '', '')",
            seq,
        )  # fmt: skip


async def carried(database: Database, **told: int) -> tuple[int, int]:
    """Mark and tally after a record that tells this."""
    await count(database, 0, orjson.dumps({"lines": [ONE | {"told": told}]}), {})
    mark = await database.fetchval("SELECT max(last_seq) FROM hub.watch_marks")
    return mark or 0, await database.fetchval("SELECT coalesce(sum(told), 0)::int FROM hub.watch_hours")


async def test_a_number_or_a_contract_that_the_archive_does_not_have_hides_nothing_that_comes_after(
    database: Database,
) -> None:
    await archived(database, 1, 2)
    assert await carried(database, tax=1) == (1, 1)
    for invented in ({"tax": 2**62}, {"tax": 2, "nobody": 1}):
        assert await carried(database, **invented) == (1, 1)
    assert await carried(database, tax=2) == (2, 2)
