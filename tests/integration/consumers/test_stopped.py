"""A feed that persons have stopped: with the next beat nobody is handed anything. The clock is put on, not awaited."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from consumers.files.writing import Writer
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import DatabaseError, NotPermitted
from hub.standing import standing
from hub.stops import BEAT_SECONDS, Stops
from tests.conformance.counterparts import Fake
from tests.conformance.samples import disclosure
from tests.integration.consumers.filed import Filed, told
from tests.integration.consumers.line import DAY, HandOver, now
from tests.integration.consumers.test_erased import destroyed
from tests.stops import clocked, stop
from tests.store import Storage, storage

VIA, STOPPED = "prefecture", "contract-stopped"


@pytest.fixture
async def database(databases: Settings) -> AsyncIterator[Database]:
    """One of each test's own: a stop is never taken back."""
    async with connect(databases.database, 6) as made:
        yield made


@pytest.fixture
def line(database: Database) -> HandOver:
    return HandOver(database, VIA, Fake(VIA))


async def put_off(line: HandOver) -> bool:
    rows = await line.rows()
    return {row["code"] for row in rows if row["state"] == "waiting"} == {STOPPED}


async def test_with_the_next_beat_nothing_is_handed_over_and_nothing_is_lost_or_refused(
    line: HandOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    on = clocked(monkeypatch)
    await line.send((1, disclosure(VIA, 1)))
    await line.work(lambda: line.are(delivered=1))
    before = await line.told()
    await stop(line.database, VIA, DAY, now())
    on(BEAT_SECONDS)
    await line.send((1, disclosure(VIA, 1, nth=2)), (2, disclosure(VIA, 2)))
    await line.work(lambda: put_off(line))
    assert (await line.told(), await line.states()) == (before, {"delivered": 1, "waiting": 2})


async def test_what_came_before_a_stop_is_late_no_more_and_what_its_keys_sealed_is_erased_when_they_go(
    line: HandOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocked(monkeypatch)
    await line.send((1, disclosure(VIA, 1)), (2, disclosure(VIA, 2)))
    [due] = await standing(line.database, [VIA])
    await stop(line.database, VIA, DAY, now() + timedelta(seconds=1))
    [rests] = await standing(line.database, [VIA])
    assert (due.oldest_due is None, rests.oldest_due, rests.waiting) == (False, None, 2)
    await destroyed(line)
    await line.work(lambda: line.are(erased=2))
    assert await line.told() == []


async def test_a_contract_that_begins_on_a_later_day_is_another_and_is_told(line: HandOver) -> None:
    await stop(line.database, VIA, DAY - timedelta(days=1))
    await line.send((1, disclosure(VIA, 1)))
    await line.work(lambda: line.are(delivered=1))


async def test_while_nobody_can_say_whether_it_is_stopped_nothing_is_handed_over(
    line: HandOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def away(*_given: object) -> Any:
        asked.append(1)
        raise DatabaseError("connection-lost")

    monkeypatch.setattr(Stops, "now", away)
    await line.send((1, disclosure(VIA, 1)))

    async def tried() -> bool:
        return len(asked) > 2

    await line.work(tried)
    assert (await line.told(), await line.states()) == ([], {"waiting": 1})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    with storage(tmp_path_factory.mktemp("storage")) as made:
        yield made


async def test_a_file_that_is_being_written_gets_no_manifest_and_so_is_none(
    database: Database, server: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed, put = Filed(database, server, uuid4().hex), Writer._put
    await filed.send((1, told(1)), (2, told(2)))

    async def stopped_meanwhile(*given: Any) -> Any:
        await stop(database, "filed", DAY)
        return await put(*given)

    monkeypatch.setattr(Writer, "_put", stopped_meanwhile)
    with pytest.raises(NotPermitted, match=STOPPED):
        await filed.daily()
    assert [name for name in await filed.objects() if name.endswith("manifest.json")] == []
    assert (await filed.ids(), await filed.states()) == ([], {"waiting": 2})


async def test_of_several_contracts_the_stopped_one_alone_is_known_and_a_process_asks_once_a_beat(
    database: Database, line: HandOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    on, other = clocked(monkeypatch), replace(line.contract, id="tax")
    known = Stops(database, line.contract, other)
    assert await known.now() == set()
    await stop(database, "tax", DAY)
    assert await known.now() == set(), "as of a beat ago"
    on(BEAT_SECONDS)
    assert await known.now() == {"tax"}
    with pytest.raises(NotPermitted, match=f"tax.*{STOPPED}"):
        await known.check()
