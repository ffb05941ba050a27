"""The hub keeps the hours of コンビニ交付 before a centre that keeps them itself; either clock may be wrong.

A real inbox, a stand-in process with `--hours`; both clocks stand where the test puts them.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any

import pytest

from consumers.adapters.hours import ALWAYS, STORE, Hours
from consumers.disclosure import Disclosure
from contracts.change import JAPAN
from hub.database import Database
from tests.conformance.counterparts import Standin, Standing
from tests.conformance.samples import disclosure
from tests.integration.consumers.line import HandOver

VIA = "convenience-store"


@pytest.fixture(scope="module")
def standing() -> Iterator[Standing]:
    made = Standing("--hours", "06:30-23:00")
    yield made
    made.stop()


class TwoClocks:
    """A line of the hub with its clock, and the centre with its own."""

    def __init__(self, database: Database, centre: Standin, hours: Hours) -> None:
        centre.adapter = centre.adapter.within(hours)
        self.centre, self.ours = centre, "12:00"
        self.line = HandOver(database, VIA, centre, protected="suspend", clock=self.now)

    def now(self) -> datetime:
        hour, minute = map(int, self.ours.split(":"))
        return datetime(2026, 4, 2, hour, minute, tzinfo=JAPAN)

    async def are(self, ours: str, theirs: str) -> None:
        self.ours = ours
        await self.centre.switch("clock", at=theirs)

    async def waits(self, code: str) -> None:
        """Until a record waits for this reason."""

        async def there() -> bool:
            return code in await self.line.codes()

        await self.line.work(there)

    async def settles(self, **states: int) -> None:
        async def there() -> bool:
            await self.line.settler.hurry()
            return await self.line.are(**states)

        await self.line.work(there)

    async def closed(self) -> int:
        """How often the centre had to say that it is closed."""
        said: list[dict[str, Any]] = (await self.centre.told())["refused"]
        return sum(one["code"] == "closed" for one in said)


@pytest.fixture(params=[STORE])
async def clocks(request: Any, standing: Standing, database: Database) -> AsyncIterator[TwoClocks]:
    async with standing.of(VIA) as centre:
        yield TwoClocks(database, centre, request.param)


def people(*seeds: int, **changed: Any) -> list[tuple[int, Disclosure]]:
    return [(seed, disclosure(VIA, seed, **changed)) for seed in seeds]


async def test_the_hub_never_brings_a_record_to_a_centre_that_is_closed(clocks: TwoClocks) -> None:
    await clocks.are("23:00", "23:00")
    await clocks.line.send(*people(1, 2, 3), *people(4, state="deleted"))
    await clocks.waits("resting")
    await clocks.settles(waiting=3, delivered=1)
    await clocks.are("06:30", "06:30")
    await clocks.settles(delivered=4)
    assert await clocks.closed() == 0


async def test_where_the_centres_clock_is_slow_the_record_waits_and_the_line_stays_open(clocks: TwoClocks) -> None:
    await clocks.are("06:30", "06:29")
    await clocks.line.send(*people(1, 2), *people(3, state="deleted"))
    await clocks.waits("closed")
    await clocks.settles(waiting=2, delivered=1)
    assert await clocks.closed() > 0
    assert not clocks.line.deliverer._breaker.is_open, "a counterpart that sleeps is not one that is down"
    await clocks.are("06:30", "06:30")
    await clocks.settles(delivered=3)


@pytest.mark.parametrize("clocks", [ALWAYS], indirect=True, ids=["a hub that keeps no hours"])
async def test_a_hub_without_hours_loses_nothing_at_night(clocks: TwoClocks) -> None:
    await clocks.are("02:00", "02:00")
    await clocks.line.send(*people(1), *people(2, state="deleted"))
    await clocks.waits("closed")
    await clocks.settles(waiting=1, delivered=1)
    await clocks.are("12:00", "12:00")
    await clocks.settles(delivered=2)
