"""Input 22: a clock that is two hours off, for a while, in the router and in a delivering process."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.database import Database
from tests.conformance.counterparts import Fake
from tests.conformance.samples import disclosure
from tests.inputs.memory import BOOK, WholeWay
from tests.integration.consumers.line import HandOver, now
from tests.people import line, record

AFTER_MIDNIGHT = datetime(2026, 4, 1, 15, 30, tzinfo=UTC)
"""Half past midnight in Japan: two hours before, content keys are those of another day."""

OFF = {"two hours behind": timedelta(hours=-2), "two hours ahead": timedelta(hours=2), "a leap second": timedelta(0)}


def relocation(n: int) -> bytes:
    return line("RELOCATE", record(), record(address={"text": f"架空市別町{n}番地"}), version=n,
                id=f"01930000-0000-7000-8000-{n:012d}", recorded_at="2026-04-02T00:15:00+09:00")  # fmt: skip


@pytest.mark.trap("input-22", "P5")
@pytest.mark.parametrize("off", OFF.values(), ids=OFF)
async def test_a_router_whose_clock_jumps_and_jumps_back_tells_all_once_and_in_order(off: timedelta) -> None:
    way = await WholeWay.open()
    for n, at in enumerate((AFTER_MIDNIGHT, AFTER_MIDNIGHT + off, AFTER_MIDNIGHT), 1):
        way.clock = lambda at=at: at
        await way.publish(relocation(n))
        await way.route()
    told = {name: [one.version for one in await way.told(name)] for name in BOOK.contracts if way.records(name)}
    assert {tuple(versions) for versions in told.values()} == {(1, 2, 3)}
    assert {tuple(way.sequence(name)) for name in told} == {(1, 2, 3)}


def set_clock(handing: HandOver, off: timedelta) -> None:
    for part in (handing.inbox, handing.deliverer, handing.settler):
        part._now = lambda: now() + off


@pytest.mark.trap("input-22")
@pytest.mark.parametrize("off", [OFF["two hours behind"], OFF["two hours ahead"]], ids=[*OFF][:2])
async def test_what_came_while_the_clock_was_wrong_waits_no_longer_than_anything_else(
    database: Database, off: timedelta
) -> None:
    handing = HandOver(database, "prefecture", fake := Fake("prefecture"))
    set_clock(handing, off)
    await handing.send((1, disclosure("prefecture", 1)))
    set_clock(handing, timedelta(0))
    await handing.work(lambda: handing.are(delivered=1))
    assert len(fake.taken) == 1


@pytest.mark.trap("input-22")
@pytest.mark.parametrize("off", [OFF["two hours behind"], OFF["two hours ahead"]], ids=[*OFF][:2])
async def test_what_was_deferred_while_the_clock_was_wrong_is_tried_again_as_soon_as_anything_else(
    database: Database, off: timedelta
) -> None:
    handing = HandOver(database, "prefecture", fake := Fake("prefecture"))
    set_clock(handing, off)
    await fake.switch("down")
    await handing.send((1, disclosure("prefecture", 1)))

    async def deferred() -> bool:
        return await handing.codes() == ["unavailable"]

    await handing.work(deferred)
    await fake.switch("clear")
    set_clock(handing, timedelta(0))
    await handing.work(lambda: handing.are(delivered=1))
    assert len(fake.taken) == 1
